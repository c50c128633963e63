
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "users_organization_id_idx" ON "users" ("organization_id" NULLS FIRST);
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_organization_id_idx";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" RENAME COLUMN "phone" TO "mobile";
