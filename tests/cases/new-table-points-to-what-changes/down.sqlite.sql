-- A value that would not stay what it is fails here.
ALTER TABLE "a" ADD CONSTRAINT "a_code_fits" CHECK ("code" BETWEEN -2147483648 AND 2147483647);
CREATE TABLE "plinth_new_a" (
  "id" INTEGER CONSTRAINT "a_pkey" PRIMARY KEY AUTOINCREMENT,
  "code" INT NOT NULL,
  "x" TEXT NOT NULL,
  CONSTRAINT "a_code_key" UNIQUE ("code")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_a', seq FROM sqlite_sequence WHERE name = 'a' COLLATE NOCASE;
INSERT INTO "plinth_new_a" ("id", "code", "x")
  SELECT "id", "code", "x"
  FROM "a";
DROP TABLE "a";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_a" RENAME TO "a";
PRAGMA legacy_alter_table = OFF;
DROP TABLE "b";
