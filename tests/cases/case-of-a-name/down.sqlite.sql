ALTER TABLE "things" RENAME COLUMN "name" TO "Name";
