ALTER TABLE "users" ALTER COLUMN "team_id" DROP NOT NULL;
ALTER TABLE "users" ADD CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id");
