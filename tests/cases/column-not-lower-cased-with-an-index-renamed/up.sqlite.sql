ALTER TABLE "users" RENAME COLUMN "code" TO "number";
DROP INDEX "users_code_idx";
CREATE TABLE "plinth_new_users" (
  "number" INTEGER NOT NULL,
  "email" TEXT NOT NULL DEFAULT '',
  CONSTRAINT "users_pkey" PRIMARY KEY ("number")
);
INSERT INTO "plinth_new_users" ("number", "email")
  SELECT "number", "email"
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "users_number_idx" ON "users" ("number");
