ALTER TABLE "things" DROP CONSTRAINT "things_a_key";
ALTER TABLE "things" DROP CONSTRAINT "things_a_check";
ALTER TABLE "things" RENAME COLUMN "a" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "b" TO "a";
ALTER TABLE "things" DROP COLUMN "a_old";
ALTER TABLE "things" ADD CONSTRAINT "things_a_key" UNIQUE ("a");
ALTER TABLE "things" ADD CONSTRAINT "things_a_check" CHECK (a <> '');
