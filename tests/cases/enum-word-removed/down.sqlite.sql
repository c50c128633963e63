CREATE TABLE "plinth_new_tasks" (
  "id" INTEGER CONSTRAINT "tasks_pkey" PRIMARY KEY AUTOINCREMENT,
  "status" TEXT NOT NULL DEFAULT 'old',
  CONSTRAINT "tasks_status_check" CHECK ("status" IN ('new', 'old', 'done')),
  CONSTRAINT "status_is_said" CHECK (status <> '')
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_tasks', seq FROM sqlite_sequence WHERE name = 'tasks' COLLATE NOCASE;
INSERT INTO "plinth_new_tasks" ("id", "status")
  SELECT "id", "status"
  FROM "tasks";
DROP TABLE "tasks";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_tasks" RENAME TO "tasks";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "tasks_status_idx" ON "tasks" ("status");
