
-- plinth: step 1, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read, and not written.
-- Apart: the trigger fills rows that are written while the steps after it run.
ALTER TABLE "things" ADD COLUMN "token" uuid;
CREATE FUNCTION "plinth_fill_things_token_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."token" IS NULL THEN
    NEW."token" := (SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_token_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_token_rows"();
ALTER TABLE "things" ADD COLUMN "tag" uuid;
CREATE FUNCTION "plinth_fill_things_tag_rows"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $plinth$
#variable_conflict use_column
BEGIN
  IF NEW."tag" IS NULL THEN
    NEW."tag" := (SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid FROM (SELECT NEW.*) AS "things");
  END IF;
  RETURN NEW;
END
$plinth$;
CREATE TRIGGER "plinth_fill_things_tag_rows" BEFORE INSERT OR UPDATE ON "things"
  FOR EACH ROW EXECUTE FUNCTION "plinth_fill_things_tag_rows"();
-- plinth: undo
-- DROP TRIGGER "plinth_fill_things_tag_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_tag_rows"();
-- ALTER TABLE "things" DROP COLUMN "tag";
-- DROP TRIGGER "plinth_fill_things_token_rows" ON "things";
-- DROP FUNCTION "plinth_fill_things_token_rows"();
-- ALTER TABLE "things" DROP COLUMN "token";

-- plinth: step 2, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "token" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
UPDATE "things" SET "token" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  WHERE /* plinth: rows of a batch */ ("token" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, batches of "things" by "id"
-- Lock: ROW EXCLUSIVE on "things", and the rows of a batch.
-- Rows: reads all of "things", writes those in which "tag" is NULL.
-- Apart: each batch is a transaction of its own, so that no row stays locked for long.
UPDATE "things" SET "tag" = (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  WHERE /* plinth: rows of a batch */ ("tag" IS NULL AND ((lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid) IS NOT NULL);
-- plinth: nothing to undo

-- plinth: step 4, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things", twice.
-- Apart: no transaction can hold CREATE INDEX CONCURRENTLY.
CREATE UNIQUE INDEX CONCURRENTLY "things_token_key" ON "things" ("token");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "things_token_key";

-- plinth: step 5, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read. NOT VALID: holds for rows that are written from now on.
-- Apart: its locks end before the next steps read the rows.
ALTER TABLE "things" ADD CONSTRAINT "plinth_not_null_things_token_check" CHECK ("token" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_token_check";

-- plinth: step 6, statement
-- Lock: SHARE UPDATE EXCLUSIVE on "things": rows are read and written meanwhile.
-- Rows: reads all of "things".
-- Apart: no other lock is held while it reads.
ALTER TABLE "things" VALIDATE CONSTRAINT "plinth_not_null_things_token_check";
-- plinth: nothing to undo

-- plinth: step 7, transaction
-- Lock: ACCESS EXCLUSIVE on "things", for a moment.
-- Rows: not read; those of a dropped table or column go.
-- Apart: changes what a running release may name, once all rows are ready; and records the revision.
DROP TRIGGER "plinth_fill_things_token_rows" ON "things";
DROP FUNCTION "plinth_fill_things_token_rows"();
ALTER TABLE "things" ALTER COLUMN "token" SET NOT NULL;
ALTER TABLE "things" DROP CONSTRAINT "plinth_not_null_things_token_check";
DROP TRIGGER "plinth_fill_things_tag_rows" ON "things";
DROP FUNCTION "plinth_fill_things_tag_rows"();
ALTER TABLE "things" ADD CONSTRAINT "things_token_key" UNIQUE USING INDEX "things_token_key";
