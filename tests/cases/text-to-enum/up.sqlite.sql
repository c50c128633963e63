UPDATE "tasks" SET "status" = CASE "status" WHEN 'NEW' THEN 'new' ELSE "status" END WHERE "status" IN ('NEW');
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'done'));
ALTER TABLE "tasks" ADD CONSTRAINT "status_is_said" CHECK (status <> '');
CREATE INDEX "tasks_status_idx" ON "tasks" ("status");
