ALTER TABLE "things" ALTER COLUMN "b" TYPE bigint;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" BETWEEN -2147483648 AND 2147483647);
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE integer;
