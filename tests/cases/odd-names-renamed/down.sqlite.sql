DROP INDEX "group_maß_it's_idx";
ALTER TABLE "group" RENAME COLUMN "maß" TO "Größe";
ALTER TABLE "group" RENAME COLUMN "limit" TO "order";
ALTER TABLE "group" RENAME TO "select ""from"" é";
CREATE TABLE "plinth_new_select ""from"" é" (
  "id" INTEGER CONSTRAINT "select ""from"" é_pkey" PRIMARY KEY AUTOINCREMENT,
  "order" INTEGER NOT NULL,
  "it's" TEXT NOT NULL,
  "Größe" TEXT,
  CONSTRAINT "select ""from"" é_order_key" UNIQUE ("order"),
  CONSTRAINT "select ""from"" é_Größe_check" CHECK ("Größe" IN ('d''or', '"x"', '')),
  CONSTRAINT "odd; check -- ""name""" CHECK ("order" > 0 AND "it's" <> 'it''s')
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_select "from" é', seq FROM sqlite_sequence WHERE name = 'select "from" é' COLLATE NOCASE;
INSERT INTO "plinth_new_select ""from"" é" ("id", "order", "it's", "Größe")
  SELECT "id", "order", "it's", "Größe"
  FROM "select ""from"" é";
DROP TABLE "select ""from"" é";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_select ""from"" é" RENAME TO "select ""from"" é";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "select ""from"" é_Größe_it's_idx" ON "select ""from"" é" ("Größe" DESC, "it's");
CREATE INDEX "i" ON "select ""from"" é" (("order" + 1));
