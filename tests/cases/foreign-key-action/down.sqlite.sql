CREATE TABLE "plinth_new_users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" VARCHAR(320) NOT NULL,
  "phone" TEXT,
  "role" TEXT NOT NULL DEFAULT 'member',
  "organization_id" INTEGER,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "users_email_key" UNIQUE ("email"),
  CONSTRAINT "users_email_length_check" CHECK (length("email") <= 320),
  CONSTRAINT "users_role_check" CHECK ("role" IN ('admin', 'member')),
  CONSTRAINT "users_email_check" CHECK (email LIKE '%@%'),
  CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_users', seq FROM sqlite_sequence WHERE name = 'users' COLLATE NOCASE;
INSERT INTO "plinth_new_users" ("id", "email", "phone", "role", "organization_id", "created_at")
  SELECT "id", "email", "phone", "role", "organization_id", "created_at"
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "users_role_created_at_idx" ON "users" ("role", "created_at" DESC);
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
