-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" % 10 = 0 AND "b" / 10 BETWEEN -99999999 AND 99999999);
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" DECIMAL_INT(12,4) NOT NULL DEFAULT 15000,
  "b" DECIMAL_INT(8,1) NOT NULL,
  "c" REAL BLOB NOT NULL,
  "d" INT NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d")
  SELECT "id", "a" * 100, "b" / 10, CAST(CASE WHEN "c" IS NOT NULL THEN printf('%s%d.%04d', iif("c" < 0, '-', ''), abs("c") / 10000, abs("c") % 10000) END AS REAL), "d"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
