ALTER TABLE "users" RENAME TO "people";
DROP INDEX "users_role_created_at_idx";
DROP INDEX "users_created_at_idx";
CREATE TABLE "plinth_new_people" (
  "id" INTEGER CONSTRAINT "people_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" VARCHAR(320) NOT NULL,
  "phone" TEXT,
  "role" TEXT NOT NULL DEFAULT 'member',
  "organization_id" INTEGER,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "people_email_key" UNIQUE ("email"),
  CONSTRAINT "people_email_length_check" CHECK (length("email") <= 320),
  CONSTRAINT "people_role_check" CHECK ("role" IN ('admin', 'member')),
  CONSTRAINT "people_email_check" CHECK (email LIKE '%@%'),
  CONSTRAINT "people_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_people', seq FROM sqlite_sequence WHERE name = 'people' COLLATE NOCASE;
INSERT INTO "plinth_new_people" ("id", "email", "phone", "role", "organization_id", "created_at")
  SELECT "id", "email", "phone", "role", "organization_id", "created_at"
  FROM "people";
DROP TABLE "people";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_people" RENAME TO "people";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "people_role_created_at_idx" ON "people" ("role", "created_at" DESC);
CREATE INDEX "people_created_at_idx" ON "people" ("created_at") WHERE phone IS NULL;
