ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = 'done' WHERE "status" = 'old';
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'done'));
