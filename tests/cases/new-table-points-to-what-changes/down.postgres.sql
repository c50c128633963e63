ALTER TABLE "b" DROP CONSTRAINT "b_x_fkey";
ALTER TABLE "b" DROP CONSTRAINT "b_code_fkey";
ALTER TABLE "a" DROP CONSTRAINT "a_x_key";
-- A value that would not stay what it is fails here.
ALTER TABLE "a" ADD CONSTRAINT "a_code_fits" CHECK ("code" BETWEEN -2147483648 AND 2147483647);
ALTER TABLE "a"
  DROP CONSTRAINT "a_code_fits",
  ALTER COLUMN "code" TYPE integer;
DROP TABLE "b";
