ALTER TABLE "users" ADD COLUMN "country" text COLLATE "C";
UPDATE "users" SET "country" = substr(email, 1, 2);
ALTER TABLE "users" ALTER COLUMN "country" SET NOT NULL;
