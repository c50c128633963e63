-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_d_fits" CHECK ("d" BETWEEN -9999 AND 9999);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK (CAST(round("c" * 10000.0) AS INTEGER) / 10000.0 = "c" AND CAST(round("c" * 10000.0) AS INTEGER) BETWEEN -999999999999999999 AND 999999999999999999);
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
  SELECT "id", "a" / 100, "b" * 10, CAST(round("c" * 10000.0) AS INTEGER), "d"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
