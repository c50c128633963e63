UPDATE "tasks" SET "status" = 'new' WHERE "status" = 'NEW';
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'done'));
ALTER TABLE "tasks" ADD CONSTRAINT "status_is_said" CHECK (status <> '');
CREATE INDEX "tasks_status_idx" ON "tasks" ("status");
