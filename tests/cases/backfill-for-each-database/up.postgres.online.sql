
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
ALTER TABLE "things" ADD COLUMN "size" bigint;
CREATE FUNCTION "plinth_fill_things_size_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."size" IS NULL THEN
    NEW."size" := (SELECT char_length(to_hex(id)) FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_size_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_size_rows"();
CREATE FUNCTION "plinth_fill_things_name_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."name" IS NULL THEN
    NEW."name" := (SELECT to_hex(id) FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_name_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_name_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_things_name_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_name_rows"();
-- DROP TRIGGER "plinth_fill_things_size_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_size_rows"();
-- ALTER TABLE "things" DROP COLUMN "size";

-- plinth: step 2, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "size" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
UPDATE "things" SET "size" = char_length(to_hex(id))
  WHERE /* plinth: rows of a batch */ ("size" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "name" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "things" SET "name" = to_hex(id)
  WHERE /* plinth: rows of a batch */ ("name" IS NULL);
-- plinth: nothing to undo

-- plinth: step 4, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_size_check" CHECK ("size" IS NOT NULL) NOT VALID;
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_name_check" CHECK ("name" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_name_check";
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_size_check";

-- plinth: step 5, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_size_check";
-- plinth: nothing to undo

-- plinth: step 6, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_name_check";
-- plinth: nothing to undo

-- plinth: step 7, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_things_size_rows" ON "things";
DROP FUNCTION "plinth_fill_things_size_rows"();
ALTER TABLE "things" ALTER COLUMN "size" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_size_check";
DROP TRIGGER "plinth_fill_things_name_rows" ON "things";
DROP FUNCTION "plinth_fill_things_name_rows"();
ALTER TABLE "things" ALTER COLUMN "name" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_name_check";
