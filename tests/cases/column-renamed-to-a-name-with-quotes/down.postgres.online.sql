
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "things" RENAME COLUMN "a b" TO "a";
-- plinth: undo
-- ALTER TABLE "things" RENAME COLUMN "a" TO "a b";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "plinth_i_new" ON "things" ((a + 1));
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "plinth_i_new";

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_c_new" CHECK (a > 0) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_c_new";

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_c_new";
-- plinth: nothing to undo

-- plinth: step 5, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP INDEX "i";
ALTER TABLE "things" DROP CONSTRAINT "c";
ALTER INDEX "plinth_i_new" RENAME TO "i";
ALTER TABLE "things" RENAME CONSTRAINT "plinth_c_new" TO "c";
