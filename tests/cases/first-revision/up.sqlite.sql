CREATE TABLE "organizations" (
  "id" INTEGER CONSTRAINT "organizations_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" TEXT NOT NULL
);
CREATE TABLE "users" (
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
CREATE INDEX "users_role_created_at_idx" ON "users" ("role", "created_at" DESC);
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
CREATE TABLE "posts" (
  "id" INTEGER CONSTRAINT "posts_pkey" PRIMARY KEY AUTOINCREMENT,
  "author_id" INTEGER NOT NULL,
  "title" TEXT NOT NULL DEFAULT 'it''s',
  "body" JSON TEXT NOT NULL DEFAULT '{"a":[1,null]}',
  "price" DECIMAL_INT(10,2) NOT NULL DEFAULT 150,
  "ok" BOOLEAN NOT NULL DEFAULT 1,
  CONSTRAINT "posts_body_json_check" CHECK (json_valid("body")),
  CONSTRAINT "posts_ok_boolean_check" CHECK ("ok" IN (0, 1)),
  CONSTRAINT "posts_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON DELETE CASCADE
);
