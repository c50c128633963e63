ALTER TABLE "users" DROP CONSTRAINT "users_organization_id_fkey";
ALTER TABLE "users" RENAME TO "people";
ALTER TABLE "people" RENAME CONSTRAINT "users_pkey" TO "people_pkey";
ALTER TABLE "people" RENAME CONSTRAINT "users_role_check" TO "people_role_check";
ALTER TABLE "people" RENAME COLUMN "email" TO "mail";
ALTER TABLE "people" RENAME CONSTRAINT "users_email_key" TO "people_mail_key";
ALTER TABLE "people" RENAME CONSTRAINT "users_email_check" TO "people_mail_check";
ALTER INDEX "users_role_created_at_idx" RENAME TO "people_role_created_at_idx";
ALTER INDEX "users_created_at_idx" RENAME TO "people_created_at_idx";
ALTER TABLE "people" ALTER COLUMN "mail" TYPE character varying(400) COLLATE "C";
UPDATE "people" SET "phone" = mail WHERE "phone" IS NULL;
ALTER TABLE "people"
  ALTER COLUMN "phone" SET NOT NULL,
  ALTER COLUMN "phone" SET DEFAULT '';
ALTER TABLE "people"
  DROP CONSTRAINT "people_role_check",
  ADD CONSTRAINT "people_role_check" CHECK ("role" IN ('admin', 'member', 'viewer')),
  ALTER COLUMN "role" SET DEFAULT 'viewer';
UPDATE "people" SET "organization_id" = 1 WHERE "organization_id" IS NULL;
ALTER TABLE "people" ALTER COLUMN "organization_id" SET NOT NULL;
ALTER TABLE "people" ALTER COLUMN "created_at" DROP DEFAULT;
ALTER TABLE "people" ADD CONSTRAINT "people_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id");
