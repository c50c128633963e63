-- SQLite does not change the case of a table's name in one step.
ALTER TABLE "people" RENAME TO "plinth_new_People";
ALTER TABLE "plinth_new_People" RENAME TO "People";
CREATE TABLE "plinth_new_People" (
  "id" INTEGER CONSTRAINT "People_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_People', seq FROM sqlite_sequence WHERE name = 'People' COLLATE NOCASE;
INSERT INTO "plinth_new_People" ("id", "name")
  SELECT "id", "name"
  FROM "People";
DROP TABLE "People";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_People" RENAME TO "People";
PRAGMA legacy_alter_table = OFF;
