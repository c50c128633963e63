
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
ALTER TABLE "users" ADD COLUMN "code" text COLLATE "C" NOT NULL DEFAULT 'abc';
CREATE FUNCTION "plinth_fill_users_age_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."age" IS NULL THEN
    NEW."age" := (SELECT 18 FROM (SELECT NEW.*) AS "users");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_users_age_rows" BEFORE INSERT OR UPDATE ON "users"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_users_age_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_users_age_rows" ON "users";
-- DROP FUNCTION "plinth_fill_users_age_rows"();
-- ALTER TABLE "users" DROP COLUMN "code";

-- plinth: step 2, batches of "users" by "id"
-- Lock: ROW EXCLUSIVE on "users", and the rows of a batch.
-- Rows: reads all of "users", writes those in which "age" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
-- Not restored: rows that had NULL keep their values when the steps are taken back.
UPDATE "users" SET "age" = 18
  WHERE /* plinth: rows of a batch */ ("age" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "plinth_not_null_users_age_check" CHECK ("age" IS NOT NULL) NOT VALID;
ALTER TABLE "users" ADD CONSTRAINT "users_code_check" CHECK (length(code) = 3) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_code_check";
-- ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_age_check";

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_age_check";
-- plinth: nothing to undo

-- plinth: step 5, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "users_code_check";
-- plinth: nothing to undo

-- plinth: step 6, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
ALTER TABLE "users" ALTER COLUMN "code" DROP DEFAULT;
DROP TRIGGER "plinth_fill_users_age_rows" ON "users";
DROP FUNCTION "plinth_fill_users_age_rows"();
ALTER TABLE "users" ALTER COLUMN "age" SET NOT NULL;
ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_age_check";
