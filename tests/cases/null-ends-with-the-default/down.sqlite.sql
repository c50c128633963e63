-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" BETWEEN -99999999 AND 99999999);
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" TEXT,
  "b" INTEGER,
  "c" DECIMAL_INT(8,2),
  "d" BOOLEAN,
  "e" TIMESTAMP TEXT,
  "f" DATE TEXT,
  "g" JSON TEXT,
  "h" BLOB,
  "i" TEXT,
  "j" UUID TEXT,
  "k" INTEGER,
  "l" REAL BLOB,
  CONSTRAINT "things_d_boolean_check" CHECK ("d" IN (0, 1)),
  CONSTRAINT "things_g_json_check" CHECK (json_valid("g")),
  CONSTRAINT "things_i_check" CHECK ("i" IN ('good', 'bad'))
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
  SELECT "id", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
