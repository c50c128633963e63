
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "users" RENAME COLUMN "old" TO "fresh";
-- plinth: undo
-- ALTER TABLE "users" RENAME COLUMN "fresh" TO "old";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "users_fresh_check" CHECK (fresh > 0) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_fresh_check";

-- plinth: step 3, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "users_fresh_check";
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP INDEX "users_city_idx";
