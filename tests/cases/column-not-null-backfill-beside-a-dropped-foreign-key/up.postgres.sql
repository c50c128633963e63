ALTER TABLE "users" DROP CONSTRAINT "users_team_id_fkey";
UPDATE "users" SET "team_id" = 0 WHERE "team_id" IS NULL;
ALTER TABLE "users" ALTER COLUMN "team_id" SET NOT NULL;
