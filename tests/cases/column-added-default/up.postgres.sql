ALTER TABLE "users" ADD COLUMN "logins" bigint NOT NULL DEFAULT 0;
ALTER TABLE "users" ADD COLUMN "seen_at" timestamp(3) with time zone NOT NULL DEFAULT now();
ALTER TABLE "users" ADD COLUMN "token" bytea NOT NULL DEFAULT decode('00ff', 'hex');
