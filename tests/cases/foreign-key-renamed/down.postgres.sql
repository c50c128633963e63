ALTER TABLE "users" RENAME CONSTRAINT "employer" TO "users_organization_id_fkey";
