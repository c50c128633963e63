
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "teams", for a moment.
-- Rows: not read, and not written.
-- Apart: what only adds comes first, and can be undone without a loss.
ALTER TABLE "teams" ADD COLUMN "leader_id" bigint;
-- plinth: undo
-- ALTER TABLE "teams" DROP COLUMN "leader_id";

-- plinth: step 2, transaction
-- Lock: ACCESS EXCLUSIVE on "persons", "teams", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "teams" ADD CONSTRAINT "teams_leader_id_fkey" FOREIGN KEY ("leader_id") REFERENCES "persons" ("id") NOT VALID;
-- plinth: undo
-- ALTER TABLE "teams" DROP CONSTRAINT "teams_leader_id_fkey";

-- plinth: step 3, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "teams", ROW SHARE on "persons": rows are read and written meanwhile.
-- Rows: reads all of "teams".
-- Apart: no other lock is held while it reads.
ALTER TABLE "teams" VALIDATE CONSTRAINT "teams_leader_id_fkey";
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Records that the revision is applied.
