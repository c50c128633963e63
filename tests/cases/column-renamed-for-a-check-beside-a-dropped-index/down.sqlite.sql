ALTER TABLE "users" DROP CONSTRAINT "users_fresh_check";
ALTER TABLE "users" RENAME COLUMN "fresh" TO "old";
CREATE INDEX "users_city_idx" ON "users" ("city");
