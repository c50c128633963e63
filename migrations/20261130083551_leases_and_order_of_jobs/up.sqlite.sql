-- 20261130083551
-- leases and order of jobs
--
-- Drop the index job_queue_queued_idx of job_queue: queue, run_at where status = 'queued'
-- Drop the index job_queue_running_idx of job_queue: locked_until where status = 'running'
-- Add the column job_queue.unique_key: text of at most 200 characters, may be NULL
-- Add the column job_queue.priority: integer, not NULL, default 0
-- Add the column job_queue.token: uuid, may be NULL
-- Add the unique constraint job_queue_unique_key_key of job_queue: unique_key
-- Add the index job_queue_claim_idx of job_queue: queue, status, priority downward, run_at, id

DROP INDEX "job_queue_queued_idx";
DROP INDEX "job_queue_running_idx";

CREATE TABLE "plinth_new_job_queue" (
  "id" INTEGER CONSTRAINT "job_queue_pkey" PRIMARY KEY AUTOINCREMENT,
  "queue" VARCHAR(100) NOT NULL DEFAULT 'default',
  "payload" JSON TEXT NOT NULL DEFAULT '{}',
  "status" TEXT NOT NULL DEFAULT 'queued',
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "max_attempts" INTEGER NOT NULL DEFAULT 5,
  "run_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "locked_by" VARCHAR(200),
  "locked_until" TIMESTAMP TEXT,
  "last_error" TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "unique_key" VARCHAR(200),
  "priority" INTEGER NOT NULL DEFAULT 0,
  "token" UUID TEXT,
  CONSTRAINT "job_queue_unique_key_key" UNIQUE ("unique_key"),
  CONSTRAINT "job_queue_queue_length_check" CHECK (length("queue") <= 100),
  CONSTRAINT "job_queue_payload_json_check" CHECK (json_valid("payload")),
  CONSTRAINT "job_queue_status_check" CHECK ("status" IN ('queued', 'running', 'done', 'dead')),
  CONSTRAINT "job_queue_locked_by_length_check" CHECK (length("locked_by") <= 200),
  CONSTRAINT "job_queue_unique_key_length_check" CHECK (length("unique_key") <= 200)
);

-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_job_queue', seq FROM sqlite_sequence WHERE name = 'job_queue' COLLATE NOCASE;

INSERT INTO "plinth_new_job_queue" ("id", "queue", "payload", "status", "attempts", "max_attempts", "run_at", "locked_by", "locked_until", "last_error", "created_at", "updated_at", "unique_key", "priority", "token")
  SELECT "id", "queue", "payload", "status", "attempts", "max_attempts", "run_at", "locked_by", "locked_until", "last_error", "created_at", "updated_at", NULL, 0, NULL
  FROM "job_queue";

DROP TABLE "job_queue";

-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;

ALTER TABLE "plinth_new_job_queue" RENAME TO "job_queue";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "job_queue_status_created_at_idx" ON "job_queue" ("status", "created_at");
CREATE INDEX "job_queue_claim_idx" ON "job_queue" ("queue", "status", "priority" DESC, "run_at", "id");
