ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = 'finished' WHERE "status" = 'done';
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'finished'));
