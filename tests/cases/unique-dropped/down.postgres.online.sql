
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE UNIQUE INDEX CONCURRENTLY "users_email_key" ON "users" ("email");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_email_key";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" ADD CONSTRAINT "users_email_key" UNIQUE USING INDEX "users_email_key";
