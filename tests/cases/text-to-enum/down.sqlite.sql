DROP INDEX "tasks_status_idx";
ALTER TABLE "tasks" DROP CONSTRAINT "status_is_said";
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_status_check";
