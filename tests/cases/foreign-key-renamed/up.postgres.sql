ALTER TABLE "users" RENAME CONSTRAINT "users_organization_id_fkey" TO "employer";
