UPDATE "things" SET "a" = 'it''s' WHERE "a" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "a" SET NOT NULL,
  ALTER COLUMN "a" SET DEFAULT 'it''s';
UPDATE "things" SET "b" = 7 WHERE "b" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "b" SET NOT NULL,
  ALTER COLUMN "b" SET DEFAULT 7;
UPDATE "things" SET "c" = '1.50' WHERE "c" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "c" SET NOT NULL,
  ALTER COLUMN "c" SET DEFAULT '1.50';
UPDATE "things" SET "d" = true WHERE "d" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "d" SET NOT NULL,
  ALTER COLUMN "d" SET DEFAULT true;
UPDATE "things" SET "e" = now() WHERE "e" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "e" SET NOT NULL,
  ALTER COLUMN "e" SET DEFAULT now();
UPDATE "things" SET "f" = ((now() AT TIME ZONE 'UTC')::date) WHERE "f" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "f" SET NOT NULL,
  ALTER COLUMN "f" SET DEFAULT ((now() AT TIME ZONE 'UTC')::date);
UPDATE "things" SET "g" = '{"a":[1]}' WHERE "g" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "g" SET NOT NULL,
  ALTER COLUMN "g" SET DEFAULT '{"a":[1]}';
UPDATE "things" SET "h" = decode('00ff', 'hex') WHERE "h" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "h" SET NOT NULL,
  ALTER COLUMN "h" SET DEFAULT decode('00ff', 'hex');
UPDATE "things" SET "i" = 'bad' WHERE "i" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "i" SET NOT NULL,
  ALTER COLUMN "i" SET DEFAULT 'bad';
UPDATE "things" SET "j" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid WHERE "j" IS NULL;
ALTER TABLE "things" ALTER COLUMN "j" SET NOT NULL;
UPDATE "things" SET "k" = '9007199254740993' WHERE "k" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "k" SET NOT NULL,
  ALTER COLUMN "k" SET DEFAULT '9007199254740993';
UPDATE "things" SET "l" = '0.5' WHERE "l" IS NULL;
ALTER TABLE "things"
  ALTER COLUMN "l" SET NOT NULL,
  ALTER COLUMN "l" SET DEFAULT '0.5';
