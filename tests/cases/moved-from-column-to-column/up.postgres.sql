ALTER TABLE "people" ADD COLUMN "name" text COLLATE "C";
UPDATE "people" SET "name" = first || ' ' || last;
ALTER TABLE "people" ALTER COLUMN "name" SET NOT NULL;
ALTER TABLE "people" DROP COLUMN "first";
ALTER TABLE "people" DROP COLUMN "last";
