ALTER TABLE "users" ADD COLUMN "phone" text COLLATE "C";
CREATE INDEX "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
