ALTER TABLE "things"
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE numeric(12,4),
  ALTER COLUMN "a" SET DEFAULT '1.5000';
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" = round("b", 1) AND "b" > -10000000 AND "b" < 10000000);
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE numeric(8,1);
ALTER TABLE "things" ALTER COLUMN "c" TYPE double precision;
ALTER TABLE "things" ALTER COLUMN "d" TYPE integer;
