-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_d_fits" CHECK ("d" BETWEEN -9999 AND 9999);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK (abs("c") < 100000000000000.0 AND CAST(printf('%.4f', "c") AS REAL) = "c");
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK ("a" % 100 = 0 AND "a" / 100 BETWEEN -9999999999 AND 9999999999);
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" DECIMAL_INT(10,2) NOT NULL DEFAULT 150,
  "b" DECIMAL_INT(10,2) NOT NULL,
  "c" DECIMAL_INT(18,4) NOT NULL,
  "d" DECIMAL_INT(4,0) NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d")
  SELECT "id", "a" / 100, "b" * 10, CASE WHEN "c" IS NOT NULL THEN CAST(replace(printf('%.4f', "c"), '.', '') AS INTEGER) END, "d"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
