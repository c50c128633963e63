CREATE TABLE "plinth_new_organizations" (
  "id" INTEGER CONSTRAINT "organizations_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL,
  CONSTRAINT "organizations_name_key" UNIQUE ("name")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_organizations', seq FROM sqlite_sequence WHERE name = 'organizations' COLLATE NOCASE;
INSERT INTO "plinth_new_organizations" ("id", "name")
  SELECT "id", "name"
  FROM "organizations";
DROP TABLE "organizations";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_organizations" RENAME TO "organizations";
PRAGMA legacy_alter_table = OFF;
