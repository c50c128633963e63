-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" IS NULL OR "c" BETWEEN -99999999 AND 99999999);
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" TEXT NOT NULL DEFAULT 'it''s',
  "b" INTEGER NOT NULL DEFAULT 7,
  "c" DECIMAL_INT(8,2) NOT NULL DEFAULT 150,
  "d" BOOLEAN NOT NULL DEFAULT 1,
  "e" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "f" DATE TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d', 'now')),
  "g" JSON TEXT NOT NULL DEFAULT '{"a":[1]}',
  "h" BLOB NOT NULL DEFAULT X'00ff',
  "i" TEXT NOT NULL DEFAULT 'bad',
  "j" UUID TEXT NOT NULL,
  "k" INTEGER NOT NULL DEFAULT 9007199254740993,
  "l" REAL BLOB NOT NULL DEFAULT 0.5,
  CONSTRAINT "things_d_boolean_check" CHECK ("d" IN (0, 1)),
  CONSTRAINT "things_g_json_check" CHECK (json_valid("g")),
  CONSTRAINT "things_i_check" CHECK ("i" IN ('good', 'bad'))
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
  SELECT "id", coalesce("a", 'it''s'), coalesce("b", 7), coalesce("c", 150), coalesce("d", 1), coalesce("e", (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))), coalesce("f", (strftime('%Y-%m-%d', 'now'))), coalesce("g", '{"a":[1]}'), coalesce("h", X'00ff'), coalesce("i", 'bad'), coalesce("j", printf('%08x-%04x-7%03x-%04x-%012x', (unixepoch('now', 'subsec') * 1000) >> 16, (unixepoch('now', 'subsec') * 1000) & 65535, random() & 4095, 32768 | (random() & 16383), random() & 281474976710655)), coalesce("k", 9007199254740993), coalesce("l", 0.5)
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
