ALTER TABLE "things"
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE date USING ("a" AT TIME ZONE 'UTC')::date,
  ALTER COLUMN "a" SET DEFAULT ((now() AT TIME ZONE 'UTC')::date);
ALTER TABLE "things" ALTER COLUMN "b" TYPE timestamp(3) with time zone USING "b"::timestamp AT TIME ZONE 'UTC';
