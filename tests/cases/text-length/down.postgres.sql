ALTER TABLE "things" ALTER COLUMN "c" TYPE character varying(50) COLLATE "C";
ALTER TABLE "things" ALTER COLUMN "b" TYPE text COLLATE "C";
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK (length("a") <= 50);
ALTER TABLE "things"
  DROP CONSTRAINT "things_a_fits",
  ALTER COLUMN "a" TYPE character varying(50) COLLATE "C";
