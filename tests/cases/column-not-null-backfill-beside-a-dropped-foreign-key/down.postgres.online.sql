
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "teams", "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_team_id_fkey";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users", ROW SHARE on "teams": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "users_team_id_fkey";
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" ALTER COLUMN "team_id" DROP NOT NULL;
