
-- plinth: step 1, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE UNIQUE INDEX CONCURRENTLY "plinth_things_a_idx_new" ON "things" ("a");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "plinth_things_a_idx_new";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP INDEX "things_a_idx";
ALTER INDEX "plinth_things_a_idx_new" RENAME TO "things_a_idx";
