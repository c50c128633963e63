-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK (CASE WHEN "a" ~ '^(0|-?[1-9][0-9]{0,18})$' THEN "a"::numeric BETWEEN -9007199254740991 AND 9007199254740991 ELSE "a" IS NULL END);
ALTER TABLE "things"
  DROP CONSTRAINT "things_a_fits",
  DROP CONSTRAINT "things_a_check",
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE bigint USING "a"::bigint,
  ALTER COLUMN "a" SET DEFAULT 1;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" ~ '^-?(0|[1-9][0-9]{0,5})([.][0-9]{1,2})?$');
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE numeric(8,2) USING "b"::numeric(8,2);
DROP INDEX "things_b_idx";
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" IN ('true', 'false'));
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE boolean USING "c"::boolean;
ALTER TABLE "things" ADD CONSTRAINT "things_a_check" CHECK (a IS NOT NULL);
CREATE INDEX "things_b_idx" ON "things" ("b" NULLS FIRST) WHERE c IS NOT NULL;
