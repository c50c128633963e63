ALTER TABLE "users" DROP CONSTRAINT "users_organization_id_fkey";
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL;
