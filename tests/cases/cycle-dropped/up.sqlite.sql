DROP TABLE "persons";
DROP TABLE "teams";
