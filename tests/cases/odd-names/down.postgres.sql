ALTER TABLE "plain" DROP CONSTRAINT "plain_odd_fkey";
ALTER TABLE "plain" DROP COLUMN "odd";
DROP TABLE "select ""from"" é";
