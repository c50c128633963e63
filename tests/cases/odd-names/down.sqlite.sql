CREATE TABLE "plinth_new_plain" (
  "id" INTEGER CONSTRAINT "plain_pkey" PRIMARY KEY AUTOINCREMENT,
  "x" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_plain', seq FROM sqlite_sequence WHERE name = 'plain' COLLATE NOCASE;
INSERT INTO "plinth_new_plain" ("id", "x")
  SELECT "id", "x"
  FROM "plain";
DROP TABLE "plain";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_plain" RENAME TO "plain";
PRAGMA legacy_alter_table = OFF;
DROP TABLE "select ""from"" é";
