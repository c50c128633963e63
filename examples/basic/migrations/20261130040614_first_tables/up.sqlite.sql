-- 20261130040614
-- first tables
--
-- Create the table lists, 2 columns
-- Create the table tasks, 5 columns

CREATE TABLE "lists" (
  "id" INTEGER CONSTRAINT "lists_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" VARCHAR(80) NOT NULL,
  CONSTRAINT "lists_name_key" UNIQUE ("name"),
  CONSTRAINT "lists_name_length_check" CHECK (length("name") <= 80)
);

CREATE TABLE "tasks" (
  "id" INTEGER CONSTRAINT "tasks_pkey" PRIMARY KEY AUTOINCREMENT,
  "list_id" INTEGER NOT NULL,
  "title" VARCHAR(200) NOT NULL,
  "done" BOOLEAN NOT NULL DEFAULT 0,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "tasks_title_length_check" CHECK (length("title") <= 200),
  CONSTRAINT "tasks_done_boolean_check" CHECK ("done" IN (0, 1)),
  CONSTRAINT "tasks_list_id_fkey" FOREIGN KEY ("list_id") REFERENCES "lists" ("id") ON DELETE CASCADE
);

CREATE INDEX "tasks_list_id_done_idx" ON "tasks" ("list_id", "done");
