-- What these rows held is not known: they get a value that may stand there.
ALTER TABLE "people" ADD COLUMN "last" text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE "people" ALTER COLUMN "last" DROP DEFAULT;
-- What these rows held is not known: they get a value that may stand there.
ALTER TABLE "people" ADD COLUMN "first" text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE "people" ALTER COLUMN "first" DROP DEFAULT;
ALTER TABLE "people" DROP COLUMN "name";
