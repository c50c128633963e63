ALTER TABLE "things" ADD COLUMN "token" uuid;
UPDATE "things" SET "token" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
ALTER TABLE "things" ALTER COLUMN "token" SET NOT NULL;
ALTER TABLE "things" ADD COLUMN "tag" uuid;
UPDATE "things" SET "tag" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid;
ALTER TABLE "things" ADD CONSTRAINT "things_token_key" UNIQUE ("token");
