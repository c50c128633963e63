CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" INTEGER NOT NULL DEFAULT 1,
  "b" TEXT NOT NULL DEFAULT 'x',
  "c" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "d" BOOLEAN NOT NULL,
  "e" JSON TEXT NOT NULL DEFAULT '{"a":1,"b":2}',
  "f" REAL BLOB NOT NULL DEFAULT 0.5,
  CONSTRAINT "things_d_boolean_check" CHECK ("d" IN (0, 1)),
  CONSTRAINT "things_e_json_check" CHECK (json_valid("e"))
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c", "d", "e", "f")
  SELECT "id", "a", "b", "c", "d", "e", "f"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
