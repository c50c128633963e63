
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "jobs", "tasks", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "jobs" ADD CONSTRAINT "plinth_jobs_status_check_new" CHECK ("status" IN ('new', 'done')) NOT VALID;
ALTER TABLE "tasks" ADD CONSTRAINT "plinth_tasks_status_check_new" CHECK ("status" IN ('new', 'done')) NOT VALID;
-- plinth: undo
-- ALTER TABLE "tasks" DROP CONSTRAINT "plinth_tasks_status_check_new";
-- ALTER TABLE "jobs" DROP CONSTRAINT "plinth_jobs_status_check_new";

-- plinth: step 2, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "jobs": rows are read and written meanwhile.
-- Rows: reads all of "jobs".
-- Apart: no other lock is held while it reads.
ALTER TABLE "jobs" VALIDATE CONSTRAINT "plinth_jobs_status_check_new";
-- plinth: nothing to undo

-- plinth: step 3, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "tasks": rows are read and written meanwhile.
-- Rows: reads all of "tasks".
-- Apart: no other lock is held while it reads.
ALTER TABLE "tasks" VALIDATE CONSTRAINT "plinth_tasks_status_check_new";
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Lock: ACCESS EXCLUSIVE on "jobs", "tasks", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "jobs" DROP CONSTRAINT "jobs_status_check";
ALTER TABLE "jobs" RENAME CONSTRAINT "plinth_jobs_status_check_new" TO "jobs_status_check";
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
ALTER TABLE "tasks" RENAME CONSTRAINT "plinth_tasks_status_check_new" TO "tasks_status_check";
