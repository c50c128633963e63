
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "users" ADD COLUMN "mobile" text COLLATE "C";
-- plinth: undo
-- ALTER TABLE "users" DROP COLUMN "mobile";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "plinth_users_created_at_idx_new" ON "users" ("created_at") WHERE mobile IS NULL;
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "plinth_users_created_at_idx_new";

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP INDEX "users_created_at_idx";
ALTER TABLE "users" DROP COLUMN "phone";
ALTER INDEX "plinth_users_created_at_idx_new" RENAME TO "users_created_at_idx";
