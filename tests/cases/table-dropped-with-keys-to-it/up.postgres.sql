ALTER TABLE "users" DROP CONSTRAINT "users_organization_id_fkey";
DROP TABLE "organizations";
