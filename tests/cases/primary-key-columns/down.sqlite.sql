CREATE TABLE "plinth_new_members" (
  "team" INTEGER NOT NULL,
  "person" INTEGER NOT NULL,
  "note" TEXT,
  CONSTRAINT "members_pkey" PRIMARY KEY ("team", "person")
);
-- What these rows held is not known: they get a value that may stand there.
INSERT INTO "plinth_new_members" (rowid, "team", "person", "note")
  SELECT plinth_rowid, "team", coalesce("person", (SELECT coalesce(max("person"), 0) FROM "members") + plinth_row), "note"
  FROM (SELECT *, rowid AS plinth_rowid, row_number() OVER (ORDER BY rowid) AS plinth_row FROM "members") AS "members";
DROP TABLE "members";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_members" RENAME TO "members";
PRAGMA legacy_alter_table = OFF;
