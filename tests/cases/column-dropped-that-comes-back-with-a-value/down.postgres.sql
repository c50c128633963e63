ALTER TABLE "users" ADD COLUMN "code" text COLLATE "C";
UPDATE "users" SET "code" = 'abc';
ALTER TABLE "users" ALTER COLUMN "code" SET NOT NULL;
UPDATE "users" SET "age" = 18 WHERE "age" IS NULL;
ALTER TABLE "users" ALTER COLUMN "age" SET NOT NULL;
ALTER TABLE "users" ADD CONSTRAINT "users_code_check" CHECK (length(code) = 3);
