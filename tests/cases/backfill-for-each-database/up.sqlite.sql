CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL,
  "size" INTEGER NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "name", "size")
  SELECT "id", coalesce("name", hex(id)), length(hex(id))
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
