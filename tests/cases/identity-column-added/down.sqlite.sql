CREATE TABLE "plinth_new_things" (
  "a" TEXT NOT NULL,
  CONSTRAINT "things_pkey" PRIMARY KEY ("a")
);
INSERT INTO "plinth_new_things" (rowid, "a")
  SELECT rowid, "a"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
