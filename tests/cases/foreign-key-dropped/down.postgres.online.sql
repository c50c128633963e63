
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "organizations", "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_organization_id_fkey";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users", ROW SHARE on "organizations": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "users_organization_id_fkey";
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Records that the revision is applied.
