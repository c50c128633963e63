
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
CREATE FUNCTION "plinth_fill_users_phone_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."phone" IS NULL THEN
    NEW."phone" := (SELECT 'none' FROM (SELECT NEW.*) AS "users");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_users_phone_rows" BEFORE INSERT OR UPDATE ON "users"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_users_phone_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_users_phone_rows" ON "users";
-- DROP FUNCTION "plinth_fill_users_phone_rows"();

-- plinth: step 2, batches of "users" by "id"
-- Lock: ROW EXCLUSIVE on "users", and the rows of a batch.
-- Rows: reads all of "users", writes those in which "phone" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "users" SET "phone" = 'none'
  WHERE /* plinth: rows of a batch */ ("phone" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "plinth_not_null_users_phone_check" CHECK ("phone" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_phone_check";

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_phone_check";
-- plinth: nothing to undo

-- plinth: step 5, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_users_phone_rows" ON "users";
DROP FUNCTION "plinth_fill_users_phone_rows"();
ALTER TABLE "users" ALTER COLUMN "phone" SET NOT NULL;
ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_phone_check";
ALTER TABLE "users" ALTER COLUMN "phone" SET DEFAULT '';
