-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK (length("a") = 36 AND "a" NOT GLOB '*[^-0-9a-f]*' AND substr("a", 9, 1) || substr("a", 14, 1) || substr("a", 19, 1) || substr("a", 24, 1) = '----' AND length(replace("a", '-', '')) = 32);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK (substr(strftime('%Y-%m-%dT%H:%M:%fZ', "b"), 1, 19) IS substr("b", 1, 19) AND (substr("b", 20) GLOB 'Z' OR substr("b", 20) GLOB '.[0-9]Z' OR substr("b", 20) GLOB '.[0-9][0-9]Z' OR substr("b", 20) GLOB '.[0-9][0-9][0-9]Z') AND "b" NOT GLOB '0000*' AND "b" NOT GLOB '*T24*');
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK (strftime('%Y-%m-%d', "c") IS "c" AND "c" NOT GLOB '0000*');
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" UUID TEXT NOT NULL,
  "b" TIMESTAMP TEXT NOT NULL,
  "c" DATE TEXT NOT NULL,
  "d" JSON TEXT NOT NULL,
  CONSTRAINT "things_d_json_check" CHECK (json_valid("d"))
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d")
  SELECT "id", "a", strftime('%Y-%m-%dT%H:%M:%fZ', "b"), "c", json("d")
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
