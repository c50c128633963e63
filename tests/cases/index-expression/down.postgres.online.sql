
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE INDEX CONCURRENTLY "plinth_by_a_new" ON "things" ((lower(a)));
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "plinth_by_a_new";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP INDEX "by_a";
ALTER INDEX "plinth_by_a_new" RENAME TO "by_a";
