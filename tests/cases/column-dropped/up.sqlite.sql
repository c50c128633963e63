DROP INDEX "users_created_at_idx";
ALTER TABLE "users" DROP COLUMN "phone";
