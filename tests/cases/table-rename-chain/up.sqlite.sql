ALTER TABLE "b" RENAME TO "c";
ALTER TABLE "a" RENAME TO "b";
CREATE TABLE "plinth_new_b" (
  "id" INTEGER CONSTRAINT "b_pkey" PRIMARY KEY AUTOINCREMENT,
  "x" TEXT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_b', seq FROM sqlite_sequence WHERE name = 'b' COLLATE NOCASE;
INSERT INTO "plinth_new_b" ("id", "x")
  SELECT "id", "x"
  FROM "b";
DROP TABLE "b";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_b" RENAME TO "b";
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "plinth_new_c" (
  "id" INTEGER CONSTRAINT "c_pkey" PRIMARY KEY AUTOINCREMENT,
  "a_id" INTEGER NOT NULL,
  CONSTRAINT "c_a_id_fkey" FOREIGN KEY ("a_id") REFERENCES "b" ("id")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_c', seq FROM sqlite_sequence WHERE name = 'c' COLLATE NOCASE;
INSERT INTO "plinth_new_c" ("id", "a_id")
  SELECT "id", "a_id"
  FROM "c";
DROP TABLE "c";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_c" RENAME TO "c";
PRAGMA legacy_alter_table = OFF;
