DROP INDEX "users_created_at_idx";
ALTER TABLE "users" ADD COLUMN "mobile" TEXT;
ALTER TABLE "users" DROP COLUMN "phone";
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE mobile IS NULL;
