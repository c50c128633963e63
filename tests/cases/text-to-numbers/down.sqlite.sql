CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" TEXT NOT NULL DEFAULT '1',
  "b" TEXT,
  "c" TEXT NOT NULL,
  CONSTRAINT "things_a_check" CHECK (a IS NOT NULL)
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c")
  SELECT "id", CAST("a" AS TEXT), CASE WHEN "b" IS NOT NULL THEN printf('%s%d.%02d', iif("b" < 0, '-', ''), abs("b") / 100, abs("b") % 100) END, CASE "c" WHEN 1 THEN 'true' WHEN 0 THEN 'false' END
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "things_a_idx" ON "things" ("a");
CREATE INDEX "things_b_idx" ON "things" ("b") WHERE c IS NOT NULL;
