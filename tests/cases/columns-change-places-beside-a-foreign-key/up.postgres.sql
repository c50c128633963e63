ALTER TABLE "rows" DROP CONSTRAINT "rows_team_id_fkey";
ALTER TABLE "things" RENAME COLUMN "a" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "b" TO "a";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "b";
ALTER TABLE "things" ALTER COLUMN "b" SET DEFAULT 0;
