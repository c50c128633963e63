ALTER TABLE "things" ALTER COLUMN "b" DROP DEFAULT;
ALTER TABLE "things" RENAME COLUMN "b" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "a" TO "b";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "a";
ALTER TABLE "rows" ADD CONSTRAINT "rows_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id");
