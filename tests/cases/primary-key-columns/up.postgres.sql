UPDATE "members" SET "note" = '-' WHERE "note" IS NULL;
ALTER TABLE "members" ALTER COLUMN "note" SET NOT NULL;
ALTER TABLE "members" DROP CONSTRAINT "members_pkey";
ALTER TABLE "members" ADD CONSTRAINT "members_pkey" PRIMARY KEY ("team", "note");
ALTER TABLE "members" ALTER COLUMN "person" DROP NOT NULL;
