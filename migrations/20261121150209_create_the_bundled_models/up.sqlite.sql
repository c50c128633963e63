-- 20261121150209
-- create the bundled models
--
-- Create the table tags, 5 columns
-- Create the table job_queue, 12 columns
-- Create the table organizations, 7 columns
-- Create the table users, 10 columns
-- Create the table teams, 5 columns
-- Create the table team_members, 5 columns
-- Create the table user_settings, 7 columns
-- Create the table companies, 7 columns
-- Create the table items, 10 columns
-- Create the table item_tags, 3 columns
-- Create the table comments, 7 columns
-- Create the table attachments, 10 columns
-- Create the table api_keys, 12 columns
-- Create the table webhooks, 10 columns
-- Create the table procore_connections, 10 columns
-- Create the table tasks, 12 columns
-- Create the table task_events, 7 columns
-- Create the table usage_logs, 8 columns
-- Create the table activity_logs, 9 columns
-- Add the foreign key organizations_owner_id_fkey of organizations: owner_id points to users (id), on delete set null

CREATE TABLE "tags" (
  "id" INTEGER CONSTRAINT "tags_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" VARCHAR(100) NOT NULL,
  "color" VARCHAR(32),
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "tags_name_key" UNIQUE ("name"),
  CONSTRAINT "tags_name_length_check" CHECK (length("name") <= 100),
  CONSTRAINT "tags_color_length_check" CHECK (length("color") <= 32)
);

CREATE TABLE "job_queue" (
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
  CONSTRAINT "job_queue_queue_length_check" CHECK (length("queue") <= 100),
  CONSTRAINT "job_queue_payload_json_check" CHECK (json_valid("payload")),
  CONSTRAINT "job_queue_status_check" CHECK ("status" IN ('queued', 'running', 'done', 'dead')),
  CONSTRAINT "job_queue_locked_by_length_check" CHECK (length("locked_by") <= 200)
);

CREATE INDEX "job_queue_queued_idx" ON "job_queue" ("queue", "run_at") WHERE status = 'queued';
CREATE INDEX "job_queue_running_idx" ON "job_queue" ("locked_until") WHERE status = 'running';
CREATE INDEX "job_queue_status_created_at_idx" ON "job_queue" ("status", "created_at");

CREATE TABLE "organizations" (
  "id" INTEGER CONSTRAINT "organizations_pkey" PRIMARY KEY AUTOINCREMENT,
  "name" VARCHAR(200) NOT NULL,
  "slug" VARCHAR(100) NOT NULL,
  "plan" TEXT NOT NULL DEFAULT 'free',
  "owner_id" INTEGER,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "organizations_slug_key" UNIQUE ("slug"),
  CONSTRAINT "organizations_name_length_check" CHECK (length("name") <= 200),
  CONSTRAINT "organizations_slug_length_check" CHECK (length("slug") <= 100),
  CONSTRAINT "organizations_plan_check" CHECK ("plan" IN ('free', 'team', 'enterprise')),
  CONSTRAINT "organizations_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE SET NULL
);

CREATE INDEX "organizations_owner_id_idx" ON "organizations" ("owner_id");
CREATE INDEX "organizations_created_at_idx" ON "organizations" ("created_at");

CREATE TABLE "users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER,
  "email" VARCHAR(320) NOT NULL,
  "name" VARCHAR(200),
  "role" TEXT NOT NULL DEFAULT 'member',
  "password_hash" TEXT,
  "is_active" BOOLEAN NOT NULL DEFAULT 1,
  "last_seen_at" TIMESTAMP TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "users_email_key" UNIQUE ("email"),
  CONSTRAINT "users_email_length_check" CHECK (length("email") <= 320),
  CONSTRAINT "users_name_length_check" CHECK (length("name") <= 200),
  CONSTRAINT "users_role_check" CHECK ("role" IN ('owner', 'admin', 'member', 'viewer')),
  CONSTRAINT "users_is_active_boolean_check" CHECK ("is_active" IN (0, 1)),
  CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL
);

CREATE INDEX "users_organization_id_created_at_idx" ON "users" ("organization_id", "created_at");
CREATE INDEX "users_role_created_at_idx" ON "users" ("role", "created_at");

CREATE TABLE "teams" (
  "id" INTEGER CONSTRAINT "teams_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "teams_organization_id_name_key" UNIQUE ("organization_id", "name"),
  CONSTRAINT "teams_name_length_check" CHECK (length("name") <= 200),
  CONSTRAINT "teams_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE TABLE "team_members" (
  "team_id" INTEGER NOT NULL,
  "user_id" INTEGER NOT NULL,
  "role" TEXT NOT NULL DEFAULT 'member',
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "team_members_pkey" PRIMARY KEY ("team_id", "user_id"),
  CONSTRAINT "team_members_role_check" CHECK ("role" IN ('lead', 'member')),
  CONSTRAINT "team_members_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") ON DELETE CASCADE,
  CONSTRAINT "team_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE INDEX "team_members_user_id_idx" ON "team_members" ("user_id");

CREATE TABLE "user_settings" (
  "user_id" INTEGER NOT NULL,
  "theme" TEXT NOT NULL DEFAULT 'system',
  "locale" VARCHAR(35) NOT NULL DEFAULT 'en',
  "time_zone" VARCHAR(64) NOT NULL DEFAULT 'UTC',
  "preferences" JSON TEXT NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "user_settings_pkey" PRIMARY KEY ("user_id"),
  CONSTRAINT "user_settings_theme_check" CHECK ("theme" IN ('system', 'light', 'dark')),
  CONSTRAINT "user_settings_locale_length_check" CHECK (length("locale") <= 35),
  CONSTRAINT "user_settings_time_zone_length_check" CHECK (length("time_zone") <= 64),
  CONSTRAINT "user_settings_preferences_json_check" CHECK (json_valid("preferences")),
  CONSTRAINT "user_settings_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE TABLE "companies" (
  "id" INTEGER CONSTRAINT "companies_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "external_id" VARCHAR(200),
  "is_active" BOOLEAN NOT NULL DEFAULT 1,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "companies_name_length_check" CHECK (length("name") <= 200),
  CONSTRAINT "companies_external_id_length_check" CHECK (length("external_id") <= 200),
  CONSTRAINT "companies_is_active_boolean_check" CHECK ("is_active" IN (0, 1)),
  CONSTRAINT "companies_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE INDEX "companies_organization_id_name_idx" ON "companies" ("organization_id", "name");
CREATE UNIQUE INDEX "companies_external_id_idx" ON "companies" ("external_id") WHERE external_id IS NOT NULL;

CREATE TABLE "items" (
  "id" INTEGER CONSTRAINT "items_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER NOT NULL,
  "owner_id" INTEGER,
  "title" VARCHAR(500) NOT NULL,
  "description" TEXT,
  "status" TEXT NOT NULL DEFAULT 'draft',
  "priority" INTEGER NOT NULL DEFAULT 0,
  "metadata" JSON TEXT NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "items_title_length_check" CHECK (length("title") <= 500),
  CONSTRAINT "items_status_check" CHECK ("status" IN ('draft', 'active', 'archived')),
  CONSTRAINT "items_metadata_json_check" CHECK (json_valid("metadata")),
  CONSTRAINT "items_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE,
  CONSTRAINT "items_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users" ("id") ON DELETE SET NULL
);

CREATE INDEX "items_organization_id_status_created_at_idx" ON "items" ("organization_id", "status", "created_at");
CREATE INDEX "items_active_idx" ON "items" ("organization_id", "created_at") WHERE status = 'active';
CREATE INDEX "items_owner_id_idx" ON "items" ("owner_id");

CREATE TABLE "item_tags" (
  "item_id" INTEGER NOT NULL,
  "tag_id" INTEGER NOT NULL,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "item_tags_pkey" PRIMARY KEY ("item_id", "tag_id"),
  CONSTRAINT "item_tags_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items" ("id") ON DELETE CASCADE,
  CONSTRAINT "item_tags_tag_id_fkey" FOREIGN KEY ("tag_id") REFERENCES "tags" ("id") ON DELETE CASCADE
);

CREATE INDEX "item_tags_tag_id_idx" ON "item_tags" ("tag_id");

CREATE TABLE "comments" (
  "id" INTEGER CONSTRAINT "comments_pkey" PRIMARY KEY AUTOINCREMENT,
  "item_id" INTEGER NOT NULL,
  "author_id" INTEGER,
  "parent_id" INTEGER,
  "body" TEXT NOT NULL,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "comments_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items" ("id") ON DELETE CASCADE,
  CONSTRAINT "comments_author_id_fkey" FOREIGN KEY ("author_id") REFERENCES "users" ("id") ON DELETE SET NULL,
  CONSTRAINT "comments_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "comments" ("id") ON DELETE CASCADE
);

CREATE INDEX "comments_item_id_created_at_idx" ON "comments" ("item_id", "created_at");
CREATE INDEX "comments_author_id_idx" ON "comments" ("author_id");
CREATE INDEX "comments_parent_id_idx" ON "comments" ("parent_id");

CREATE TABLE "attachments" (
  "id" INTEGER CONSTRAINT "attachments_pkey" PRIMARY KEY AUTOINCREMENT,
  "item_id" INTEGER NOT NULL,
  "comment_id" INTEGER,
  "uploader_id" INTEGER,
  "filename" VARCHAR(255) NOT NULL,
  "content_type" VARCHAR(255) NOT NULL,
  "size" INTEGER NOT NULL,
  "storage_key" VARCHAR(1024) NOT NULL,
  "checksum" BLOB,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "attachments_storage_key_key" UNIQUE ("storage_key"),
  CONSTRAINT "attachments_filename_length_check" CHECK (length("filename") <= 255),
  CONSTRAINT "attachments_content_type_length_check" CHECK (length("content_type") <= 255),
  CONSTRAINT "attachments_storage_key_length_check" CHECK (length("storage_key") <= 1024),
  CONSTRAINT "attachments_size_check" CHECK (size >= 0),
  CONSTRAINT "attachments_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items" ("id") ON DELETE CASCADE,
  CONSTRAINT "attachments_comment_id_fkey" FOREIGN KEY ("comment_id") REFERENCES "comments" ("id") ON DELETE CASCADE,
  CONSTRAINT "attachments_uploader_id_fkey" FOREIGN KEY ("uploader_id") REFERENCES "users" ("id") ON DELETE SET NULL
);

CREATE INDEX "attachments_item_id_created_at_idx" ON "attachments" ("item_id", "created_at");
CREATE INDEX "attachments_comment_id_idx" ON "attachments" ("comment_id");
CREATE INDEX "attachments_uploader_id_idx" ON "attachments" ("uploader_id");

CREATE TABLE "api_keys" (
  "id" INTEGER CONSTRAINT "api_keys_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER NOT NULL,
  "user_id" INTEGER NOT NULL,
  "name" VARCHAR(200) NOT NULL,
  "prefix" VARCHAR(32) NOT NULL,
  "key_hash" TEXT NOT NULL,
  "scopes" JSON TEXT NOT NULL DEFAULT '[]',
  "expires_at" TIMESTAMP TEXT,
  "revoked_at" TIMESTAMP TEXT,
  "last_used_at" TIMESTAMP TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "api_keys_key_hash_key" UNIQUE ("key_hash"),
  CONSTRAINT "api_keys_name_length_check" CHECK (length("name") <= 200),
  CONSTRAINT "api_keys_prefix_length_check" CHECK (length("prefix") <= 32),
  CONSTRAINT "api_keys_scopes_json_check" CHECK (json_valid("scopes")),
  CONSTRAINT "api_keys_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE,
  CONSTRAINT "api_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
);

CREATE INDEX "api_keys_organization_id_created_at_idx" ON "api_keys" ("organization_id", "created_at");
CREATE INDEX "api_keys_user_id_idx" ON "api_keys" ("user_id");
CREATE INDEX "api_keys_live_prefix_idx" ON "api_keys" ("prefix") WHERE revoked_at IS NULL;

CREATE TABLE "webhooks" (
  "id" INTEGER CONSTRAINT "webhooks_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER NOT NULL,
  "url" VARCHAR(2048) NOT NULL,
  "secret" TEXT NOT NULL,
  "events" JSON TEXT NOT NULL DEFAULT '[]',
  "is_active" BOOLEAN NOT NULL DEFAULT 1,
  "last_status" INTEGER,
  "failure_count" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "webhooks_url_length_check" CHECK (length("url") <= 2048),
  CONSTRAINT "webhooks_events_json_check" CHECK (json_valid("events")),
  CONSTRAINT "webhooks_is_active_boolean_check" CHECK ("is_active" IN (0, 1)),
  CONSTRAINT "webhooks_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE CASCADE
);

CREATE INDEX "webhooks_organization_id_created_at_idx" ON "webhooks" ("organization_id", "created_at");
CREATE INDEX "webhooks_active_idx" ON "webhooks" ("organization_id") WHERE is_active;

CREATE TABLE "procore_connections" (
  "id" INTEGER CONSTRAINT "procore_connections_pkey" PRIMARY KEY AUTOINCREMENT,
  "user_id" INTEGER NOT NULL,
  "company_id" INTEGER NOT NULL,
  "access_token" TEXT NOT NULL,
  "refresh_token" TEXT,
  "scopes" JSON TEXT NOT NULL DEFAULT '[]',
  "expires_at" TIMESTAMP TEXT,
  "status" TEXT NOT NULL DEFAULT 'connected',
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "procore_connections_user_id_company_id_key" UNIQUE ("user_id", "company_id"),
  CONSTRAINT "procore_connections_scopes_json_check" CHECK (json_valid("scopes")),
  CONSTRAINT "procore_connections_status_check" CHECK ("status" IN ('connected', 'expired', 'revoked')),
  CONSTRAINT "procore_connections_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE,
  CONSTRAINT "procore_connections_company_id_fkey" FOREIGN KEY ("company_id") REFERENCES "companies" ("id") ON DELETE CASCADE
);

CREATE INDEX "procore_connections_company_id_idx" ON "procore_connections" ("company_id");
CREATE INDEX "procore_connections_status_expires_at_idx" ON "procore_connections" ("status", "expires_at");

CREATE TABLE "tasks" (
  "id" UUID TEXT NOT NULL,
  "type" VARCHAR(100) NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'pending',
  "payload" JSON TEXT NOT NULL DEFAULT '{}',
  "result" JSON TEXT,
  "error" TEXT,
  "priority" INTEGER NOT NULL DEFAULT 0,
  "created_by" INTEGER,
  "started_at" TIMESTAMP TEXT,
  "finished_at" TIMESTAMP TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "updated_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "tasks_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "tasks_type_length_check" CHECK (length("type") <= 100),
  CONSTRAINT "tasks_status_check" CHECK ("status" IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  CONSTRAINT "tasks_payload_json_check" CHECK (json_valid("payload")),
  CONSTRAINT "tasks_result_json_check" CHECK (json_valid("result")),
  CONSTRAINT "tasks_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "users" ("id") ON DELETE SET NULL
);

CREATE INDEX "tasks_pending_idx" ON "tasks" ("priority", "created_at") WHERE status = 'pending';
CREATE INDEX "tasks_status_created_at_idx" ON "tasks" ("status", "created_at");
CREATE INDEX "tasks_created_by_created_at_idx" ON "tasks" ("created_by", "created_at");

CREATE TABLE "task_events" (
  "id" INTEGER CONSTRAINT "task_events_pkey" PRIMARY KEY AUTOINCREMENT,
  "task_id" UUID TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "from_status" TEXT,
  "to_status" TEXT,
  "detail" JSON TEXT,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "task_events_kind_check" CHECK ("kind" IN ('created', 'status_changed', 'progress', 'log')),
  CONSTRAINT "task_events_from_status_check" CHECK ("from_status" IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  CONSTRAINT "task_events_to_status_check" CHECK ("to_status" IN ('pending', 'running', 'succeeded', 'failed', 'cancelled')),
  CONSTRAINT "task_events_detail_json_check" CHECK (json_valid("detail")),
  CONSTRAINT "task_events_task_id_fkey" FOREIGN KEY ("task_id") REFERENCES "tasks" ("id") ON DELETE CASCADE
);

CREATE INDEX "task_events_task_id_created_at_idx" ON "task_events" ("task_id", "created_at");

CREATE TABLE "usage_logs" (
  "id" INTEGER CONSTRAINT "usage_logs_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER,
  "user_id" INTEGER,
  "api_key_id" INTEGER,
  "metric" VARCHAR(100) NOT NULL,
  "quantity" DECIMAL_INT(18,6) NOT NULL,
  "occurred_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "usage_logs_metric_length_check" CHECK (length("metric") <= 100),
  CONSTRAINT "usage_logs_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL,
  CONSTRAINT "usage_logs_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE SET NULL,
  CONSTRAINT "usage_logs_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_keys" ("id") ON DELETE SET NULL
);

CREATE INDEX "usage_logs_organization_id_metric_occurred_at_idx" ON "usage_logs" ("organization_id", "metric", "occurred_at");
CREATE INDEX "usage_logs_user_id_occurred_at_idx" ON "usage_logs" ("user_id", "occurred_at");
CREATE INDEX "usage_logs_api_key_id_occurred_at_idx" ON "usage_logs" ("api_key_id", "occurred_at");

CREATE TABLE "activity_logs" (
  "id" INTEGER CONSTRAINT "activity_logs_pkey" PRIMARY KEY AUTOINCREMENT,
  "organization_id" INTEGER,
  "actor_id" INTEGER,
  "action" VARCHAR(100) NOT NULL,
  "entity_type" VARCHAR(100) NOT NULL,
  "entity_id" VARCHAR(100) NOT NULL,
  "changes" JSON TEXT,
  "ip" VARCHAR(45),
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "activity_logs_action_length_check" CHECK (length("action") <= 100),
  CONSTRAINT "activity_logs_entity_type_length_check" CHECK (length("entity_type") <= 100),
  CONSTRAINT "activity_logs_entity_id_length_check" CHECK (length("entity_id") <= 100),
  CONSTRAINT "activity_logs_changes_json_check" CHECK (json_valid("changes")),
  CONSTRAINT "activity_logs_ip_length_check" CHECK (length("ip") <= 45),
  CONSTRAINT "activity_logs_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL,
  CONSTRAINT "activity_logs_actor_id_fkey" FOREIGN KEY ("actor_id") REFERENCES "users" ("id") ON DELETE SET NULL
);

CREATE INDEX "activity_logs_entity_type_entity_id_created_at_idx" ON "activity_logs" ("entity_type", "entity_id", "created_at");
CREATE INDEX "activity_logs_organization_id_created_at_idx" ON "activity_logs" ("organization_id", "created_at");
CREATE INDEX "activity_logs_actor_id_created_at_idx" ON "activity_logs" ("actor_id", "created_at");
