ALTER TABLE "things" RENAME COLUMN "Name" TO "name";
