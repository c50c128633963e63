ALTER TABLE "users" RENAME COLUMN "code" TO "number";
ALTER INDEX "users_code_idx" RENAME TO "users_number_idx";
ALTER TABLE "users" ALTER COLUMN "email" SET DEFAULT '';
