ALTER TABLE "People" RENAME TO "people";
ALTER TABLE "people" RENAME CONSTRAINT "People_pkey" TO "people_pkey";
