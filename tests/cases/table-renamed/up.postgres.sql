ALTER TABLE "users" RENAME TO "people";
ALTER TABLE "people" RENAME CONSTRAINT "users_pkey" TO "people_pkey";
ALTER TABLE "people" RENAME CONSTRAINT "users_role_check" TO "people_role_check";
ALTER TABLE "people" RENAME CONSTRAINT "users_email_key" TO "people_email_key";
ALTER TABLE "people" RENAME CONSTRAINT "users_email_check" TO "people_email_check";
ALTER TABLE "people" RENAME CONSTRAINT "users_organization_id_fkey" TO "people_organization_id_fkey";
ALTER INDEX "users_role_created_at_idx" RENAME TO "people_role_created_at_idx";
ALTER INDEX "users_created_at_idx" RENAME TO "people_created_at_idx";
