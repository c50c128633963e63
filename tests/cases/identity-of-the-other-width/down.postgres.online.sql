
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_fits_things_id_check" CHECK ("id" BETWEEN -9007199254740991 AND 9007199254740991) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_fits_things_id_check";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_fits_things_id_check";
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "things" DROP CONSTRAINT "plinth_fits_things_id_check";
ALTER TABLE "things" ALTER COLUMN "id" SET MAXVALUE 9007199254740991;
