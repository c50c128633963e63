ALTER TABLE "things" RENAME COLUMN "a" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "b" TO "a";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "b";
