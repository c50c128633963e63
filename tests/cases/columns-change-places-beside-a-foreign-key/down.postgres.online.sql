
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "rows", "teams", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "rows" ADD CONSTRAINT "rows_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") NOT VALID;
-- plinth: undo
-- ALTER TABLE "rows" DROP CONSTRAINT "rows_team_id_fkey";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "rows", ROW SHARE on "teams": rows are read and written meanwhile.
-- Rows: reads all of "rows".
-- Apart: no other lock is held while it reads.
ALTER TABLE "rows" VALIDATE CONSTRAINT "rows_team_id_fkey";
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "things" ALTER COLUMN "b" DROP DEFAULT;
ALTER TABLE "things" RENAME COLUMN "b" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "a" TO "b";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "a";
