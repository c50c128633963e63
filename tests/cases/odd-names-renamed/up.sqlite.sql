ALTER TABLE "select ""from"" é" RENAME TO "group";
ALTER TABLE "group" RENAME COLUMN "order" TO "limit";
ALTER TABLE "group" RENAME COLUMN "Größe" TO "maß";
DROP INDEX "select ""from"" é_Größe_it's_idx";
CREATE TABLE "plinth_new_group" (
  "id" INTEGER CONSTRAINT "group_pkey" PRIMARY KEY AUTOINCREMENT,
  "limit" INTEGER NOT NULL,
  "it's" TEXT NOT NULL,
  "maß" TEXT,
  CONSTRAINT "group_limit_key" UNIQUE ("limit"),
  CONSTRAINT "group_maß_check" CHECK ("maß" IN ('d''or', '"x"', '')),
  CONSTRAINT "odd; check -- ""name""" CHECK ("limit" > 0 AND "it's" <> 'it''s')
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_group', seq FROM sqlite_sequence WHERE name = 'group' COLLATE NOCASE;
INSERT INTO "plinth_new_group" ("id", "limit", "it's", "maß")
  SELECT "id", "limit", "it's", "maß"
  FROM "group";
DROP TABLE "group";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_group" RENAME TO "group";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "group_maß_it's_idx" ON "group" ("maß" DESC, "it's");
CREATE INDEX "i" ON "group" (("limit" + 1));
