DROP INDEX "users_organization_id_idx";
ALTER TABLE "users" RENAME COLUMN "mobile" TO "phone";
