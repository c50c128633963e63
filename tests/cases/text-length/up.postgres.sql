ALTER TABLE "things" ALTER COLUMN "a" TYPE text COLLATE "C";
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK (length("b") <= 50);
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE character varying(50) COLLATE "C";
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK (length("c") <= 20);
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE character varying(20) COLLATE "C";
