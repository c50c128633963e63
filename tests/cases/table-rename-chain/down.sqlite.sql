ALTER TABLE "b" RENAME TO "a";
ALTER TABLE "c" RENAME TO "b";
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
CREATE TABLE "plinth_new_b" (
  "id" INTEGER CONSTRAINT "b_pkey" PRIMARY KEY AUTOINCREMENT,
  "a_id" INTEGER NOT NULL,
  CONSTRAINT "b_a_id_fkey" FOREIGN KEY ("a_id") REFERENCES "a" ("id")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_b', seq FROM sqlite_sequence WHERE name = 'b' COLLATE NOCASE;
INSERT INTO "plinth_new_b" ("id", "a_id")
  SELECT "id", "a_id"
  FROM "b";
DROP TABLE "b";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_b" RENAME TO "b";
PRAGMA legacy_alter_table = OFF;
