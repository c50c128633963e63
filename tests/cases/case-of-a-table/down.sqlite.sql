-- SQLite does not change the case of a table's name in one step.
ALTER TABLE "People" RENAME TO "plinth_new_people";
ALTER TABLE "plinth_new_people" RENAME TO "people";
CREATE TABLE "plinth_new_people" (
  "id" INTEGER CONSTRAINT "people_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_people', seq FROM sqlite_sequence WHERE name = 'people' COLLATE NOCASE;
INSERT INTO "plinth_new_people" ("id", "name")
  SELECT "id", "name"
  FROM "people";
DROP TABLE "people";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_people" RENAME TO "people";
PRAGMA legacy_alter_table = OFF;
