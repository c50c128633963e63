
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "organizations": rows are read and written meanwhile.
-- Rows: reads all of "organizations", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE UNIQUE INDEX CONCURRENTLY "organizations_name_key" ON "organizations" ("name");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "organizations_name_key";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "organizations", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "organizations" ADD CONSTRAINT "organizations_name_key" UNIQUE USING INDEX "organizations_name_key";
