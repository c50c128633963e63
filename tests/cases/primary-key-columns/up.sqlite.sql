CREATE TABLE "plinth_new_members" (
  "team" INTEGER NOT NULL,
  "person" INTEGER,
  "note" TEXT NOT NULL,
  CONSTRAINT "members_pkey" PRIMARY KEY ("team", "note")
);
INSERT INTO "plinth_new_members" (rowid, "team", "person", "note")
  SELECT rowid, "team", "person", coalesce("note", '-')
  FROM "members";
DROP TABLE "members";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_members" RENAME TO "members";
PRAGMA legacy_alter_table = OFF;
