UPDATE "users" SET "phone" = 'none' WHERE "phone" IS NULL;
ALTER TABLE "users"
  ALTER COLUMN "phone" SET NOT NULL,
  ALTER COLUMN "phone" SET DEFAULT '';
