DROP INDEX "users_city_idx";
ALTER TABLE "users" RENAME COLUMN "old" TO "fresh";
ALTER TABLE "users" ADD CONSTRAINT "users_fresh_check" CHECK (fresh > 0);
