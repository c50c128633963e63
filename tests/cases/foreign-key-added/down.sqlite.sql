CREATE TABLE "plinth_new_b" (
  "id" INTEGER CONSTRAINT "b_pkey" PRIMARY KEY AUTOINCREMENT,
  "x" INTEGER NOT NULL,
  "y" INTEGER NOT NULL,
  "o" INTEGER NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_b', seq FROM sqlite_sequence WHERE name = 'b' COLLATE NOCASE;
INSERT INTO "plinth_new_b" ("id", "x", "y", "o")
  SELECT "id", "x", "y", "o"
  FROM "b";
DROP TABLE "b";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_b" RENAME TO "b";
PRAGMA legacy_alter_table = OFF;
