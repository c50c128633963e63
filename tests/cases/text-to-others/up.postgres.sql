-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_a_fits" CHECK ("a" ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
ALTER TABLE "things"
  DROP CONSTRAINT "things_a_fits",
  ALTER COLUMN "a" TYPE uuid USING "a"::uuid;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_b_fits" CHECK ("b" ~ '^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,3})?Z$' AND "b" !~ '^0000');
ALTER TABLE "things"
  DROP CONSTRAINT "things_b_fits",
  ALTER COLUMN "b" TYPE timestamp(3) with time zone USING "b"::timestamp(3) with time zone;
-- A value that would not stay what it is fails here.
ALTER TABLE "things" ADD CONSTRAINT "things_c_fits" CHECK ("c" ~ '^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)$' AND "c" !~ '^0000');
ALTER TABLE "things"
  DROP CONSTRAINT "things_c_fits",
  ALTER COLUMN "c" TYPE date USING "c"::date;
ALTER TABLE "things" ALTER COLUMN "d" TYPE jsonb USING "d"::jsonb;
