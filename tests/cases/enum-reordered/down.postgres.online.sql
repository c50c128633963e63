
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "tasks", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "tasks" ADD CONSTRAINT "plinth_tasks_status_check_new" CHECK ("status" IN ('new', 'done')) NOT VALID;
-- plinth: undo
-- ALTER TABLE "tasks" DROP CONSTRAINT "plinth_tasks_status_check_new";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "tasks": rows are read and written meanwhile.
-- Rows: reads all of "tasks".
-- Apart: no other lock is held while it reads.
ALTER TABLE "tasks" VALIDATE CONSTRAINT "plinth_tasks_status_check_new";
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "tasks", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
ALTER TABLE "tasks" RENAME CONSTRAINT "plinth_tasks_status_check_new" TO "tasks_status_check";
