
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
CREATE FUNCTION "plinth_fill_things_a_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."a" IS NULL THEN
    NEW."a" := (SELECT 'it''s' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_a_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_a_rows"();
CREATE FUNCTION "plinth_fill_things_b_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."b" IS NULL THEN
    NEW."b" := (SELECT 7 FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_b_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_b_rows"();
CREATE FUNCTION "plinth_fill_things_c_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."c" IS NULL THEN
    NEW."c" := (SELECT '1.50' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_c_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_c_rows"();
CREATE FUNCTION "plinth_fill_things_d_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."d" IS NULL THEN
    NEW."d" := (SELECT true FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_d_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_d_rows"();
CREATE FUNCTION "plinth_fill_things_e_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."e" IS NULL THEN
    NEW."e" := (SELECT now() FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_e_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_e_rows"();
CREATE FUNCTION "plinth_fill_things_f_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."f" IS NULL THEN
    NEW."f" := (SELECT ((now() AT TIME ZONE 'UTC')::date) FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_f_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_f_rows"();
CREATE FUNCTION "plinth_fill_things_g_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."g" IS NULL THEN
    NEW."g" := (SELECT '{"a":[1]}' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_g_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_g_rows"();
CREATE FUNCTION "plinth_fill_things_h_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."h" IS NULL THEN
    NEW."h" := (SELECT decode('00ff', 'hex') FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_h_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_h_rows"();
CREATE FUNCTION "plinth_fill_things_i_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."i" IS NULL THEN
    NEW."i" := (SELECT 'bad' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_i_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_i_rows"();
CREATE FUNCTION "plinth_fill_things_j_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."j" IS NULL THEN
    NEW."j" := (SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_j_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_j_rows"();
CREATE FUNCTION "plinth_fill_things_k_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."k" IS NULL THEN
    NEW."k" := (SELECT '9007199254740993' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_k_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_k_rows"();
CREATE FUNCTION "plinth_fill_things_l_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."l" IS NULL THEN
    NEW."l" := (SELECT '0.5' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_l_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_l_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_things_l_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_l_rows"();
-- DROP TRIGGER "plinth_fill_things_k_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_k_rows"();
-- DROP TRIGGER "plinth_fill_things_j_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_j_rows"();
-- DROP TRIGGER "plinth_fill_things_i_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_i_rows"();
-- DROP TRIGGER "plinth_fill_things_h_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_h_rows"();
-- DROP TRIGGER "plinth_fill_things_g_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_g_rows"();
-- DROP TRIGGER "plinth_fill_things_f_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_f_rows"();
-- DROP TRIGGER "plinth_fill_things_e_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_e_rows"();
-- DROP TRIGGER "plinth_fill_things_d_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_d_rows"();
-- DROP TRIGGER "plinth_fill_things_c_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_c_rows"();
-- DROP TRIGGER "plinth_fill_things_b_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_b_rows"();
-- DROP TRIGGER "plinth_fill_things_a_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_a_rows"();

-- plinth: step 2, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "a" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "a" = 'it''s'
  WHERE /* plinth: rows of a batch */ ("a" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "b" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "b" = 7
  WHERE /* plinth: rows of a batch */ ("b" IS NULL);
-- plinth: nothing to undo

-- plinth: step 4, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "c" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "c" = '1.50'
  WHERE /* plinth: rows of a batch */ ("c" IS NULL);
-- plinth: nothing to undo

-- plinth: step 5, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "d" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "d" = true
  WHERE /* plinth: rows of a batch */ ("d" IS NULL);
-- plinth: nothing to undo

-- plinth: step 6, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "e" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "e" = now()
  WHERE /* plinth: rows of a batch */ ("e" IS NULL);
-- plinth: nothing to undo

-- plinth: step 7, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "f" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "f" = ((now() AT TIME ZONE 'UTC')::date)
  WHERE /* plinth: rows of a batch */ ("f" IS NULL);
-- plinth: nothing to undo

-- plinth: step 8, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "g" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "g" = '{"a":[1]}'
  WHERE /* plinth: rows of a batch */ ("g" IS NULL);
-- plinth: nothing to undo

-- plinth: step 9, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "h" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "h" = decode('00ff', 'hex')
  WHERE /* plinth: rows of a batch */ ("h" IS NULL);
-- plinth: nothing to undo

-- plinth: step 10, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "i" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "i" = 'bad'
  WHERE /* plinth: rows of a batch */ ("i" IS NULL);
-- plinth: nothing to undo

-- plinth: step 11, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "j" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "j" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  WHERE /* plinth: rows of a batch */ ("j" IS NULL);
-- plinth: nothing to undo

-- plinth: step 12, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "k" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "k" = '9007199254740993'
  WHERE /* plinth: rows of a batch */ ("k" IS NULL);
-- plinth: nothing to undo

-- plinth: step 13, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "l" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "l" = '0.5'
  WHERE /* plinth: rows of a batch */ ("l" IS NULL);
-- plinth: nothing to undo

-- plinth: step 14, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_a_check" CHECK ("a" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_b_check" CHECK ("b" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_c_check" CHECK ("c" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_d_check" CHECK ("d" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_e_check" CHECK ("e" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_f_check" CHECK ("f" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_g_check" CHECK ("g" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_h_check" CHECK ("h" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_i_check" CHECK ("i" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_j_check" CHECK ("j" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_k_check" CHECK ("k" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_l_check" CHECK ("l" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_l_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_k_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_j_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_i_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_h_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_g_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_f_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_e_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_d_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_c_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_b_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_a_check";

-- plinth: step 15, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_a_check";
-- plinth: nothing to undo

-- plinth: step 16, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_b_check";
-- plinth: nothing to undo

-- plinth: step 17, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_c_check";
-- plinth: nothing to undo

-- plinth: step 18, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_d_check";
-- plinth: nothing to undo

-- plinth: step 19, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_e_check";
-- plinth: nothing to undo

-- plinth: step 20, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_f_check";
-- plinth: nothing to undo

-- plinth: step 21, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_g_check";
-- plinth: nothing to undo

-- plinth: step 22, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_h_check";
-- plinth: nothing to undo

-- plinth: step 23, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_i_check";
-- plinth: nothing to undo

-- plinth: step 24, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_j_check";
-- plinth: nothing to undo

-- plinth: step 25, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_k_check";
-- plinth: nothing to undo

-- plinth: step 26, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_l_check";
-- plinth: nothing to undo

-- plinth: step 27, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_things_a_rows" ON "things";
DROP FUNCTION "plinth_fill_things_a_rows"();
ALTER TABLE "things" ALTER COLUMN "a" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_a_check";
ALTER TABLE "things" ALTER COLUMN "a" SET DEFAULT 'it''s';
DROP TRIGGER "plinth_fill_things_b_rows" ON "things";
DROP FUNCTION "plinth_fill_things_b_rows"();
ALTER TABLE "things" ALTER COLUMN "b" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_b_check";
ALTER TABLE "things" ALTER COLUMN "b" SET DEFAULT 7;
DROP TRIGGER "plinth_fill_things_c_rows" ON "things";
DROP FUNCTION "plinth_fill_things_c_rows"();
ALTER TABLE "things" ALTER COLUMN "c" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_c_check";
ALTER TABLE "things" ALTER COLUMN "c" SET DEFAULT '1.50';
DROP TRIGGER "plinth_fill_things_d_rows" ON "things";
DROP FUNCTION "plinth_fill_things_d_rows"();
ALTER TABLE "things" ALTER COLUMN "d" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_d_check";
ALTER TABLE "things" ALTER COLUMN "d" SET DEFAULT true;
DROP TRIGGER "plinth_fill_things_e_rows" ON "things";
DROP FUNCTION "plinth_fill_things_e_rows"();
ALTER TABLE "things" ALTER COLUMN "e" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_e_check";
ALTER TABLE "things" ALTER COLUMN "e" SET DEFAULT now();
DROP TRIGGER "plinth_fill_things_f_rows" ON "things";
DROP FUNCTION "plinth_fill_things_f_rows"();
ALTER TABLE "things" ALTER COLUMN "f" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_f_check";
ALTER TABLE "things" ALTER COLUMN "f" SET DEFAULT ((now() AT TIME ZONE 'UTC')::date);
DROP TRIGGER "plinth_fill_things_g_rows" ON "things";
DROP FUNCTION "plinth_fill_things_g_rows"();
ALTER TABLE "things" ALTER COLUMN "g" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_g_check";
ALTER TABLE "things" ALTER COLUMN "g" SET DEFAULT '{"a":[1]}';
DROP TRIGGER "plinth_fill_things_h_rows" ON "things";
DROP FUNCTION "plinth_fill_things_h_rows"();
ALTER TABLE "things" ALTER COLUMN "h" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_h_check";
ALTER TABLE "things" ALTER COLUMN "h" SET DEFAULT decode('00ff', 'hex');
DROP TRIGGER "plinth_fill_things_i_rows" ON "things";
DROP FUNCTION "plinth_fill_things_i_rows"();
ALTER TABLE "things" ALTER COLUMN "i" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_i_check";
ALTER TABLE "things" ALTER COLUMN "i" SET DEFAULT 'bad';
DROP TRIGGER "plinth_fill_things_j_rows" ON "things";
DROP FUNCTION "plinth_fill_things_j_rows"();
ALTER TABLE "things" ALTER COLUMN "j" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_j_check";
DROP TRIGGER "plinth_fill_things_k_rows" ON "things";
DROP FUNCTION "plinth_fill_things_k_rows"();
ALTER TABLE "things" ALTER COLUMN "k" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_k_check";
ALTER TABLE "things" ALTER COLUMN "k" SET DEFAULT '9007199254740993';
DROP TRIGGER "plinth_fill_things_l_rows" ON "things";
DROP FUNCTION "plinth_fill_things_l_rows"();
ALTER TABLE "things" ALTER COLUMN "l" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_l_check";
ALTER TABLE "things" ALTER COLUMN "l" SET DEFAULT '0.5';
