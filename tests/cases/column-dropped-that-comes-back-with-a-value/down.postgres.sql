ALTER TABLE "users" ADD COLUMN "code" text COLLATE "C" NOT NULL DEFAULT 'abc';
ALTER TABLE "users" ALTER COLUMN "code" DROP DEFAULT;
UPDATE "users" SET "age" = 18 WHERE "age" IS NULL;
ALTER TABLE "users" ALTER COLUMN "age" SET NOT NULL;
ALTER TABLE "users" ADD CONSTRAINT "users_code_check" CHECK (length(code) = 3);
