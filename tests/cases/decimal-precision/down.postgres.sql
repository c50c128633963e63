-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_d_fits" CHECK ("d" > -10000 AND "d" < 10000);
ALTER TABLE "things"
  DROP CONSTRAINT "things_d_fits",
  ALTER COLUMN "d" TYPE numeric(4,0);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" BETWEEN -9007199254740992 AND 9007199254740992 AND (CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END)::double precision = "c" AND (CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END) = round(CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END, 4) AND (CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END) > -100000000000000 AND (CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END) < 100000000000000);
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE numeric(18,4) USING CASE WHEN "c" = trunc("c") AND "c" BETWEEN -9007199254740992 AND 9007199254740992 THEN "c"::bigint::numeric ELSE "c"::numeric END;
ALTER TABLE "things" ALTER COLUMN "b" TYPE numeric(10,2);
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK ("a" = round("a", 2));
ALTER TABLE "things"
  DROP CONSTRAINT "things_a_fits",
  ALTER COLUMN "a" DROP DEFAULT,
  ALTER COLUMN "a" TYPE numeric(10,2),
  ALTER COLUMN "a" SET DEFAULT '1.50';
