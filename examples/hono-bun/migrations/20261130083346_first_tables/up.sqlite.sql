-- 20261130083346
-- first tables
--
-- Create the table links, 4 columns

CREATE TABLE "links" (
  "code" VARCHAR(32) NOT NULL,
  "target" VARCHAR(2000) NOT NULL,
  "visits" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "links_pkey" PRIMARY KEY ("code"),
  CONSTRAINT "links_code_length_check" CHECK (length("code") <= 32),
  CONSTRAINT "links_target_length_check" CHECK (length("target") <= 2000)
);
