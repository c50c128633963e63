-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_d_fits" CHECK ("d" BETWEEN -9999 AND 9999);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK (coalesce(abs("c") < 100000000000000.0 AND CASE WHEN "c" = CAST("c" AS INTEGER) AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST("c" AS INTEGER) WHEN abs("c") < 1e11 THEN CAST(round("c" * 10000.0) AS INTEGER) / 10000.0 WHEN abs("c") < 1e12 THEN CAST(round("c" * 1000.0) AS INTEGER) / 1000.0 WHEN abs("c") < 1e13 THEN CAST(round("c" * 100.0) AS INTEGER) / 100.0 WHEN abs("c") < 1e14 THEN CAST(round("c" * 10.0) AS INTEGER) / 10.0 END = "c" AND CASE WHEN "c" = CAST("c" AS INTEGER) AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST("c" AS INTEGER) * 10000 WHEN abs("c") < 1e11 THEN CAST(round("c" * 10000.0) AS INTEGER) WHEN abs("c") < 1e12 THEN CAST(round("c" * 1000.0) AS INTEGER) * 10 WHEN abs("c") < 1e13 THEN CAST(round("c" * 100.0) AS INTEGER) * 100 WHEN abs("c") < 1e14 THEN CAST(round("c" * 10.0) AS INTEGER) * 1000 END BETWEEN -999999999999999999 AND 999999999999999999, "c" IS NULL));
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
  SELECT "id", "a" / 100, "b" * 10, CASE WHEN "c" = CAST("c" AS INTEGER) AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST("c" AS INTEGER) * 10000 WHEN abs("c") < 1e11 THEN CAST(round("c" * 10000.0) AS INTEGER) WHEN abs("c") < 1e12 THEN CAST(round("c" * 1000.0) AS INTEGER) * 10 WHEN abs("c") < 1e13 THEN CAST(round("c" * 100.0) AS INTEGER) * 100 WHEN abs("c") < 1e14 THEN CAST(round("c" * 10.0) AS INTEGER) * 1000 END, "d"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
