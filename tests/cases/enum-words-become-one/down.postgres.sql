ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = 'old' WHERE "status" = 'gone';
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'old', 'older', 'done'));
