ALTER TABLE "things" DROP CONSTRAINT "things_a_check";
ALTER TABLE "things" DROP CONSTRAINT "things_a_key";
ALTER TABLE "things" ADD COLUMN "a_old" text COLLATE "C";
ALTER TABLE "things" RENAME COLUMN "a" TO "b";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "a";
ALTER TABLE "things" ADD CONSTRAINT "things_a_check" CHECK (a <> '');
ALTER TABLE "things" ADD CONSTRAINT "things_a_key" UNIQUE ("a");
