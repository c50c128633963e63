ALTER TABLE "organizations" DROP CONSTRAINT "organizations_name_key";
