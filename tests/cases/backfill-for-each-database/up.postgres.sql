ALTER TABLE "things" ADD COLUMN "size" bigint;
UPDATE "things" SET "size" = char_length(to_hex(id));
ALTER TABLE "things" ALTER COLUMN "size" SET NOT NULL;
UPDATE "things" SET "name" = to_hex(id) WHERE "name" IS NULL;
ALTER TABLE "things" ALTER COLUMN "name" SET NOT NULL;
