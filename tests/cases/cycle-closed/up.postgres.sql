ALTER TABLE "teams" ADD COLUMN "leader_id" bigint;
ALTER TABLE "teams" ADD CONSTRAINT "teams_leader_id_fkey" FOREIGN KEY ("leader_id") REFERENCES "persons" ("id");
