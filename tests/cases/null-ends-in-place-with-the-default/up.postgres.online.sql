
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
CREATE FUNCTION "plinth_fill_things_a_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."a" IS NULL THEN
    NEW."a" := (SELECT 'x' FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_a_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_a_rows"();
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
-- plinth: undo
-- DROP TRIGGER "plinth_fill_things_j_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_j_rows"();
-- DROP TRIGGER "plinth_fill_things_a_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_a_rows"();

-- plinth: step 2, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "a" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "a" = 'x'
  WHERE /* plinth: rows of a batch */ ("a" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "j" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "j" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  WHERE /* plinth: rows of a batch */ ("j" IS NULL);
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_a_check" CHECK ("a" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_j_check" CHECK ("j" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_j_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_a_check";

-- plinth: step 5, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_a_check";
-- plinth: nothing to undo

-- plinth: step 6, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_j_check";
-- plinth: nothing to undo

-- plinth: step 7, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_things_a_rows" ON "things";
DROP FUNCTION "plinth_fill_things_a_rows"();
ALTER TABLE "things" ALTER COLUMN "a" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_a_check";
DROP TRIGGER "plinth_fill_things_j_rows" ON "things";
DROP FUNCTION "plinth_fill_things_j_rows"();
ALTER TABLE "things" ALTER COLUMN "j" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_j_check";
