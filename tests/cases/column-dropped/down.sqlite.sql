ALTER TABLE "users" ADD COLUMN "phone" TEXT;
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
