CREATE TABLE "plinth_new_users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "team_id" INTEGER NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_users', seq FROM sqlite_sequence WHERE name = 'users' COLLATE NOCASE;
INSERT INTO "plinth_new_users" ("id", "team_id")
  SELECT "id", coalesce("team_id", 0)
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
