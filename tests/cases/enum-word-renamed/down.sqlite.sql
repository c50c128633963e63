ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = 'done' WHERE "status" = 'finished';
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'done'));
