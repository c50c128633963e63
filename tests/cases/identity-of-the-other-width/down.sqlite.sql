-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_id_fits" CHECK ("id" BETWEEN -9007199254740991 AND 9007199254740991);
ALTER TABLE "things" DROP CONSTRAINT "things_id_fits";
