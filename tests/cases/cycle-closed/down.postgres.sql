ALTER TABLE "teams" DROP CONSTRAINT "teams_leader_id_fkey";
ALTER TABLE "teams" DROP COLUMN "leader_id";
