ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = CASE "status" WHEN 'old' THEN 'gone' WHEN 'older' THEN 'gone' END WHERE "status" IN ('old', 'older');
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'gone', 'done'));
