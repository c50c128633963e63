-- 20261130083551
-- leases and order of jobs
--
-- Drop the index job_queue_claim_idx of job_queue: queue, status, priority downward, run_at, id
-- Drop the unique constraint job_queue_unique_key_key of job_queue: unique_key
-- Drop the column job_queue.token
-- Drop the column job_queue.priority
-- Drop the column job_queue.unique_key
-- Add the index job_queue_running_idx of job_queue: locked_until where status = 'running'
-- Add the index job_queue_queued_idx of job_queue: queue, run_at where status = 'queued'
-- DESTRUCTIVE: drops the column job_queue.token with all its values
-- DESTRUCTIVE: drops the column job_queue.priority with all its values
-- DESTRUCTIVE: drops the column job_queue.unique_key with all its values

DROP INDEX "job_queue_claim_idx";
ALTER TABLE "job_queue" DROP CONSTRAINT "job_queue_unique_key_key";
ALTER TABLE "job_queue" DROP COLUMN "token";
ALTER TABLE "job_queue" DROP COLUMN "priority";
ALTER TABLE "job_queue" DROP COLUMN "unique_key";
CREATE INDEX "job_queue_running_idx" ON "job_queue" ("locked_until" NULLS FIRST) WHERE status = 'running';
CREATE INDEX "job_queue_queued_idx" ON "job_queue" ("queue", "run_at") WHERE status = 'queued';
