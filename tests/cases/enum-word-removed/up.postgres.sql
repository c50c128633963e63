ALTER TABLE "tasks"
  DROP CONSTRAINT "tasks_status_check",
  ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'done')),
  ALTER COLUMN "status" SET DEFAULT 'new';
