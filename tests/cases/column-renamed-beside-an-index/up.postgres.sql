ALTER TABLE "users" RENAME COLUMN "phone" TO "mobile";
CREATE INDEX "users_organization_id_idx" ON "users" ("organization_id" NULLS FIRST);
