CREATE TABLE "teams" (
  "id" INTEGER CONSTRAINT "teams_pkey" PRIMARY KEY AUTOINCREMENT,
  "leader_id" INTEGER,
  CONSTRAINT "teams_leader_id_fkey" FOREIGN KEY ("leader_id") REFERENCES "persons" ("id") ON DELETE SET NULL
);
CREATE TABLE "persons" (
  "id" INTEGER CONSTRAINT "persons_pkey" PRIMARY KEY AUTOINCREMENT,
  "team_id" INTEGER NOT NULL,
  CONSTRAINT "persons_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id")
);
