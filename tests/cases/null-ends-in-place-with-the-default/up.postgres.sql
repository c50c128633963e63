UPDATE "things" SET "a" = 'x' WHERE "a" IS NULL;
ALTER TABLE "things" ALTER COLUMN "a" SET NOT NULL;
UPDATE "things" SET "j" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid WHERE "j" IS NULL;
ALTER TABLE "things" ALTER COLUMN "j" SET NOT NULL;
