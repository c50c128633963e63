
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
ALTER TABLE "users" ADD COLUMN "country" text COLLATE "C";
CREATE FUNCTION "plinth_fill_users_country_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."country" IS NULL THEN
    NEW."country" := (SELECT substr(email, 1, 2) FROM (SELECT NEW.*) AS "users");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_users_country_rows" BEFORE INSERT OR UPDATE ON "users"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_users_country_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_users_country_rows" ON "users";
-- DROP FUNCTION "plinth_fill_users_country_rows"();
-- ALTER TABLE "users" DROP COLUMN "country";

-- plinth: step 2, batches of "users" by "id"
-- Lock: ROW EXCLUSIVE on "users", and the rows of a batch.
-- Rows: reads all of "users", writes those in which "country" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
UPDATE "users" SET "country" = substr(email, 1, 2)
  WHERE /* plinth: rows of a batch */ ("country" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "users" ADD CONSTRAINT "plinth_not_null_users_country_check" CHECK ("country" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_country_check";

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "users": rows are read and written meanwhile.
-- Rows: reads all of "users".
-- Apart: no other lock is held while it reads.
ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_country_check";
-- plinth: nothing to undo

-- plinth: step 5, transaction
-- Lock: ACCESS EXCLUSIVE on "users", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_users_country_rows" ON "users";
DROP FUNCTION "plinth_fill_users_country_rows"();
ALTER TABLE "users" ALTER COLUMN "country" SET NOT NULL;
ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_country_check";
