ALTER INDEX "people_created_at_idx" RENAME TO "users_created_at_idx";
ALTER INDEX "people_role_created_at_idx" RENAME TO "users_role_created_at_idx";
ALTER TABLE "people" RENAME CONSTRAINT "people_organization_id_fkey" TO "users_organization_id_fkey";
ALTER TABLE "people" RENAME CONSTRAINT "people_email_check" TO "users_email_check";
ALTER TABLE "people" RENAME CONSTRAINT "people_email_key" TO "users_email_key";
ALTER TABLE "people" RENAME TO "users";
ALTER TABLE "users" RENAME CONSTRAINT "people_pkey" TO "users_pkey";
ALTER TABLE "users" RENAME CONSTRAINT "people_role_check" TO "users_role_check";
