ALTER TABLE "teams" ADD COLUMN "leader_id" INTEGER CONSTRAINT "teams_leader_id_fkey" REFERENCES "persons" ("id");
