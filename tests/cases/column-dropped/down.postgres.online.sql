
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "users" ADD COLUMN "phone" text COLLATE "C";
-- plinth: undo
-- ALTER TABLE "users" DROP COLUMN "phone";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "users_created_at_idx" ON "users" ("created_at") WHERE phone IS NULL;
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_created_at_idx";

-- plinth: step 3, transaction
-- Records that the revision is applied.
