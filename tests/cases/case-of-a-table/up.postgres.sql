ALTER TABLE "people" RENAME TO "People";
ALTER TABLE "People" RENAME CONSTRAINT "people_pkey" TO "People_pkey";
