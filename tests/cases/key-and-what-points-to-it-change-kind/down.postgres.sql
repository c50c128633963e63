-- A value that would not stay what it is fails here.
ALTER TABLE "children" ADD CONSTRAINT "children_parent_code_fits" CHECK ("parent_code" BETWEEN -2147483648 AND 2147483647);
ALTER TABLE "children"
  DROP CONSTRAINT "children_parent_code_fits",
  ALTER COLUMN "parent_code" TYPE integer;
-- A value that would not stay what it is fails here.
ALTER TABLE "parents" ADD CONSTRAINT "parents_code_fits" CHECK ("code" BETWEEN -2147483648 AND 2147483647);
ALTER TABLE "parents"
  DROP CONSTRAINT "parents_code_fits",
  ALTER COLUMN "code" TYPE integer;
