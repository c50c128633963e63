DROP INDEX "users_created_at_idx";
ALTER TABLE "users" ADD COLUMN "phone" TEXT;
ALTER TABLE "users" DROP COLUMN "mobile";
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
