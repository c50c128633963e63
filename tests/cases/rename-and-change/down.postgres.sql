ALTER TABLE "people" DROP CONSTRAINT "people_organization_id_fkey";
ALTER TABLE "people" ALTER COLUMN "created_at" SET DEFAULT now();
ALTER TABLE "people" ALTER COLUMN "organization_id" DROP NOT NULL;
ALTER TABLE "people"
  DROP CONSTRAINT "people_role_check",
  ADD CONSTRAINT "people_role_check" CHECK ("role" IN ('admin', 'member')),
  ALTER COLUMN "role" SET DEFAULT 'member';
ALTER TABLE "people"
  ALTER COLUMN "phone" DROP DEFAULT,
  ALTER COLUMN "phone" DROP NOT NULL;
-- A value that would not stay what it is fails here.
ALTER TABLE "people" ADD CONSTRAINT "people_mail_fits" CHECK (length("mail") <= 320);
ALTER TABLE "people"
  DROP CONSTRAINT "people_mail_fits",
  ALTER COLUMN "mail" TYPE character varying(320) COLLATE "C";
ALTER INDEX "people_created_at_idx" RENAME TO "users_created_at_idx";
ALTER INDEX "people_role_created_at_idx" RENAME TO "users_role_created_at_idx";
ALTER TABLE "people" RENAME CONSTRAINT "people_mail_check" TO "users_email_check";
ALTER TABLE "people" RENAME CONSTRAINT "people_mail_key" TO "users_email_key";
ALTER TABLE "people" RENAME COLUMN "mail" TO "email";
ALTER TABLE "people" RENAME TO "users";
ALTER TABLE "users" RENAME CONSTRAINT "people_pkey" TO "users_pkey";
ALTER TABLE "users" RENAME CONSTRAINT "people_role_check" TO "users_role_check";
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL;
