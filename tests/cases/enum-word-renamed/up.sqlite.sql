ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
UPDATE "tasks" SET "status" = CASE "status" WHEN 'done' THEN 'finished' ELSE "status" END WHERE "status" IN ('done');
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'finished'));
