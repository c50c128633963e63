CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT,
  "token" UUID TEXT NOT NULL,
  "tag" UUID TEXT,
  CONSTRAINT "things_token_key" UNIQUE ("token")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "name", "token", "tag")
  SELECT "id", "name", printf('%08x-%04x-7%03x-%04x-%012x', (unixepoch('now', 'subsec') * 1000) >> 16, (unixepoch('now', 'subsec') * 1000) & 65535, random() & 4095, 32768 | (random() & 16383), random() & 281474976710655), printf('%08x-%04x-7%03x-%04x-%012x', (unixepoch('now', 'subsec') * 1000) >> 16, (unixepoch('now', 'subsec') * 1000) & 65535, random() & 4095, 32768 | (random() & 16383), random() & 281474976710655)
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
