ALTER TABLE "b" RENAME TO "a_old";
ALTER TABLE "a" RENAME TO "b";
ALTER TABLE "a_old" RENAME TO "a";
CREATE TABLE "plinth_new_b" (
  "id" INTEGER CONSTRAINT "b_pkey" PRIMARY KEY AUTOINCREMENT,
  "y" INTEGER NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_b', seq FROM sqlite_sequence WHERE name = 'b' COLLATE NOCASE;
INSERT INTO "plinth_new_b" ("id", "y")
  SELECT "id", "y"
  FROM "b";
DROP TABLE "b";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_b" RENAME TO "b";
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "plinth_new_a" (
  "id" INTEGER CONSTRAINT "a_pkey" PRIMARY KEY AUTOINCREMENT,
  "x" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_a', seq FROM sqlite_sequence WHERE name = 'a' COLLATE NOCASE;
INSERT INTO "plinth_new_a" ("id", "x")
  SELECT "id", "x"
  FROM "a";
DROP TABLE "a";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_a" RENAME TO "a";
PRAGMA legacy_alter_table = OFF;
