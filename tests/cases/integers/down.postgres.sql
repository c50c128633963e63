ALTER TABLE "things" ALTER COLUMN "c" TYPE bigint;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" BETWEEN -2147483648 AND 2147483647);
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE integer;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK ("a" BETWEEN -9007199254740991 AND 9007199254740991);
ALTER TABLE "things" DROP CONSTRAINT "things_a_fits";
