
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "users" RENAME COLUMN "score" TO "score_old";
ALTER TABLE "users" RENAME COLUMN "points" TO "score";
-- plinth: undo
-- ALTER TABLE "users" RENAME COLUMN "score" TO "points";
-- ALTER TABLE "users" RENAME COLUMN "score_old" TO "score";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "users_score_check" CHECK (score > 0) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_score_check";

-- plinth: step 3, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "users_score_check";
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" DROP COLUMN "score_old";
