ALTER TABLE "users" RENAME TO "people";
ALTER TABLE "people" RENAME COLUMN "email" TO "mail";
DROP INDEX "users_role_created_at_idx";
DROP INDEX "users_created_at_idx";
CREATE TABLE "plinth_new_people" (
  "id" INTEGER CONSTRAINT "people_pkey" PRIMARY KEY AUTOINCREMENT,
  "mail" VARCHAR(400) NOT NULL,
  "phone" TEXT NOT NULL DEFAULT '',
  "role" TEXT NOT NULL DEFAULT 'viewer',
  "organization_id" INTEGER NOT NULL,
  "created_at" TIMESTAMP TEXT NOT NULL,
  CONSTRAINT "people_mail_key" UNIQUE ("mail"),
  CONSTRAINT "people_mail_length_check" CHECK (length("mail") <= 400),
  CONSTRAINT "people_role_check" CHECK ("role" IN ('admin', 'member', 'viewer')),
  CONSTRAINT "people_mail_check" CHECK (mail LIKE '%@%'),
  CONSTRAINT "people_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_people', seq FROM sqlite_sequence WHERE name = 'people' COLLATE NOCASE;
INSERT INTO "plinth_new_people" ("id", "mail", "phone", "role", "organization_id", "created_at")
  SELECT "id", "mail", coalesce("phone", mail), "role", coalesce("organization_id", 1), "created_at"
  FROM "people";
DROP TABLE "people";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_people" RENAME TO "people";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "people_role_created_at_idx" ON "people" ("role", "created_at" DESC);
CREATE INDEX "people_created_at_idx" ON "people" ("created_at") WHERE phone IS NULL;
