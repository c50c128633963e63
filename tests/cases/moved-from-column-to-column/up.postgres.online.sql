
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "people", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
ALTER TABLE "people" ADD COLUMN "name" text COLLATE "C";
CREATE FUNCTION "plinth_fill_people_name_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."name" IS NULL THEN
    NEW."name" := (SELECT first || ' ' || last FROM (SELECT NEW.*) AS "people");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_people_name_rows" BEFORE INSERT OR UPDATE ON "people"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_people_name_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_people_name_rows" ON "people";
-- DROP FUNCTION "plinth_fill_people_name_rows"();
-- ALTER TABLE "people" DROP COLUMN "name";

-- plinth: step 2, batches of "people" by "id"
-- Lock: ROW EXCLUSIVE on "people", and the rows of a batch.
-- Rows: reads all of "people", writes those in which "name" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
UPDATE "people" SET "name" = first || ' ' || last
  WHERE /* plinth: rows of a batch */ ("name" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "people", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "people" ADD CONSTRAINT "plinth_not_null_people_name_check" CHECK ("name" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "people" DROP CONSTRAINT "plinth_not_null_people_name_check";

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "people": rows are read and written meanwhile.
-- Rows: reads all of "people".
-- Apart: no other lock is held while it reads.
ALTER TABLE "people" VALIDATE CONSTRAINT "plinth_not_null_people_name_check";
-- plinth: nothing to undo

-- plinth: step 5, transaction
-- Lock: ACCESS EXCLUSIVE on "people", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_people_name_rows" ON "people";
DROP FUNCTION "plinth_fill_people_name_rows"();
ALTER TABLE "people" ALTER COLUMN "name" SET NOT NULL;
ALTER TABLE "people" DROP CONSTRAINT "plinth_not_null_people_name_check";
ALTER TABLE "people" DROP COLUMN "first";
ALTER TABLE "people" DROP COLUMN "last";
