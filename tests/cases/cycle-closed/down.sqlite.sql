CREATE TABLE "plinth_new_teams" (
  "id" INTEGER CONSTRAINT "teams_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_teams', seq FROM sqlite_sequence WHERE name = 'teams' COLLATE NOCASE;
INSERT INTO "plinth_new_teams" ("id", "name")
  SELECT "id", "name"
  FROM "teams";
DROP TABLE "teams";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_teams" RENAME TO "teams";
PRAGMA legacy_alter_table = OFF;
