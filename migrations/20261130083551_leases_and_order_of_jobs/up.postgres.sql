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
ALTER TABLE "job_queue" ADD COLUMN "unique_key" character varying(200) COLLATE "C";
ALTER TABLE "job_queue" ADD COLUMN "priority" bigint NOT NULL DEFAULT 0;
ALTER TABLE "job_queue" ADD COLUMN "token" uuid;
ALTER TABLE "job_queue" ADD CONSTRAINT "job_queue_unique_key_key" UNIQUE ("unique_key");
CREATE INDEX "job_queue_claim_idx" ON "job_queue" ("queue", "status", "priority" DESC, "run_at", "id");
