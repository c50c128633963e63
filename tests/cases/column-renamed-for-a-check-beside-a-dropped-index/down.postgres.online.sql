
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "users_city_idx" ON "users" ("city");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_city_idx";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" DROP CONSTRAINT "users_fresh_check";
ALTER TABLE "users" RENAME COLUMN "fresh" TO "old";
