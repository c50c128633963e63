CREATE TABLE "plinth_new_users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "team_id" INTEGER,
  CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_users', seq FROM sqlite_sequence WHERE name = 'users' COLLATE NOCASE;
INSERT INTO "plinth_new_users" ("id", "team_id")
  SELECT "id", "team_id"
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
