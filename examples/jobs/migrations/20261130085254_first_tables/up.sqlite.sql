-- 20261130085254
-- first tables
--
-- Create the table orders, 3 columns
-- Create the table invoices, 3 columns
-- Create the table job_queue, 15 columns

CREATE TABLE "orders" (
  "id" INTEGER CONSTRAINT "orders_pkey" PRIMARY KEY AUTOINCREMENT,
  "amount" INTEGER NOT NULL,
  "placed_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE "invoices" (
  "id" INTEGER CONSTRAINT "invoices_pkey" PRIMARY KEY AUTOINCREMENT,
  "order_id" INTEGER NOT NULL,
  "text" TEXT NOT NULL,
  CONSTRAINT "invoices_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE
);

CREATE INDEX "invoices_order_id_idx" ON "invoices" ("order_id");

CREATE TABLE "job_queue" (
  "id" INTEGER CONSTRAINT "job_queue_pkey" PRIMARY KEY AUTOINCREMENT,
  "queue" VARCHAR(100) NOT NULL DEFAULT 'default',
  "unique_key" VARCHAR(200),
  "payload" JSON TEXT NOT NULL DEFAULT '{}',
  "status" TEXT NOT NULL DEFAULT 'queued',
  "priority" INTEGER NOT NULL DEFAULT 0,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "max_attempts" INTEGER NOT NULL DEFAULT 5,
  "run_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "token" UUID TEXT,
  "locked_by" VARCHAR(200),
  "locked_until" TIMESTAMP TEXT,
  "last_error" TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "job_queue_unique_key_key" UNIQUE ("unique_key"),
  CONSTRAINT "job_queue_queue_length_check" CHECK (length("queue") <= 100),
  CONSTRAINT "job_queue_unique_key_length_check" CHECK (length("unique_key") <= 200),
  CONSTRAINT "job_queue_payload_json_check" CHECK (json_valid("payload")),
  CONSTRAINT "job_queue_status_check" CHECK ("status" IN ('queued', 'running', 'done', 'dead')),
  CONSTRAINT "job_queue_locked_by_length_check" CHECK (length("locked_by") <= 200)
);

CREATE INDEX "job_queue_claim_idx" ON "job_queue" ("queue", "status", "priority" DESC, "run_at", "id");
CREATE INDEX "job_queue_status_created_at_idx" ON "job_queue" ("status", "created_at");
