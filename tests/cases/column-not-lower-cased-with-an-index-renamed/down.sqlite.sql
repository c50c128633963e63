CREATE TABLE "plinth_new_users" (
  "number" INTEGER NOT NULL,
  "email" TEXT NOT NULL,
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
UPDATE "users" SET "email" = lower("email")
  -- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which
  -- folds as the models do.
  WHERE "email" <> lower("email");
DROP INDEX "users_number_idx";
ALTER TABLE "users" RENAME COLUMN "number" TO "code";
CREATE TABLE "plinth_new_users" (
  "code" INTEGER NOT NULL,
  "email" TEXT NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("code")
);
INSERT INTO "plinth_new_users" ("code", "email")
  SELECT "code", "email"
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "users_code_idx" ON "users" ("code");
