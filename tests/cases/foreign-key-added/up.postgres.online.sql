
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "a", "b", "organizations", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "b" ADD CONSTRAINT "b_x_y_fkey" FOREIGN KEY ("x", "y") REFERENCES "a" ("x", "y") ON DELETE CASCADE NOT VALID;
ALTER TABLE "b" ADD CONSTRAINT "b_o_fkey" FOREIGN KEY ("o") REFERENCES "organizations" ("id") NOT VALID;
-- plinth: undo
-- ALTER TABLE "b" DROP CONSTRAINT "b_o_fkey";
-- ALTER TABLE "b" DROP CONSTRAINT "b_x_y_fkey";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "b", ROW SHARE on "a": rows are read and written meanwhile.
-- Rows: reads all of "b".
-- Apart: no other lock is held while it reads.
ALTER TABLE "b" VALIDATE CONSTRAINT "b_x_y_fkey";
-- plinth: nothing to undo

-- plinth: step 3, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "b", ROW SHARE on "organizations": rows are read and written meanwhile.
-- Rows: reads all of "b".
-- Apart: no other lock is held while it reads.
ALTER TABLE "b" VALIDATE CONSTRAINT "b_o_fkey";
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Records that the revision is applied.
