-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" IN ('true', 'false'));
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" GLOB '*[0-9]' AND "b" NOT GLOB '?*-*' AND "b" NOT GLOB '*[^-.0-9]*' AND substr(ltrim("b", '-'), instr(ltrim("b", '-') || '.', '.') + 1) NOT GLOB '*.*' AND length(substr(ltrim("b", '-'), instr(ltrim("b", '-') || '.', '.') + 1)) <= 2 AND CAST(CAST(substr(ltrim("b", '-'), 1, instr(ltrim("b", '-') || '.', '.') - 1) AS INTEGER) AS TEXT) = substr(ltrim("b", '-'), 1, instr(ltrim("b", '-') || '.', '.') - 1) AND CAST(substr(ltrim("b", '-'), 1, instr(ltrim("b", '-') || '.', '.') - 1) AS INTEGER) <= 999999);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK (CAST(CAST("a" AS INTEGER) AS TEXT) = "a" AND CAST("a" AS INTEGER) BETWEEN -9007199254740991 AND 9007199254740991);
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" INTEGER NOT NULL DEFAULT 1,
  "b" DECIMAL_INT(8,2) NOT NULL,
  "c" BOOLEAN NOT NULL DEFAULT 1,
  CONSTRAINT "things_c_boolean_check" CHECK ("c" IN (0, 1))
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c")
  SELECT "id", CAST("a" AS INTEGER), CAST(replace("b", '.', '') || substr('00', 1, 2 - length(substr(ltrim("b", '-'), instr(ltrim("b", '-') || '.', '.') + 1))) AS INTEGER), CASE "c" WHEN 'true' THEN 1 WHEN 'false' THEN 0 END
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
