ALTER TABLE "teams" DROP CONSTRAINT "teams_leader_id_fkey";
DROP TABLE "persons";
DROP TABLE "teams";
