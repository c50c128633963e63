
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "plinth_users_b_idx_new" ON "users" ("b");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "plinth_users_b_idx_new";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" DROP CONSTRAINT "users_a_b_key";
ALTER TABLE "users" DROP CONSTRAINT "users_a_check";
DROP INDEX "users_expr_idx";
DROP INDEX "users_b_idx";
ALTER TABLE "users" DROP COLUMN "a";
ALTER INDEX "plinth_users_b_idx_new" RENAME TO "users_b_idx";
