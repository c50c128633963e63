ALTER TABLE "things" ALTER COLUMN "b" TYPE date USING ("b" AT TIME ZONE 'UTC')::date;
ALTER TABLE "things"
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE timestamp(3) with time zone USING "a"::timestamp AT TIME ZONE 'UTC',
  ALTER COLUMN "a" SET DEFAULT now();
