-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK ("a" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
ALTER TABLE "things"
  DROP CONSTRAINT "things_a_fits",
  ALTER COLUMN "a" TYPE uuid USING "a"::uuid;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,3})?Z$');
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE timestamp(3) with time zone USING "b"::timestamp(3) with time zone;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$');
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE date USING "c"::date;
ALTER TABLE "things" ALTER COLUMN "d" TYPE jsonb USING "d"::jsonb;
