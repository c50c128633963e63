ALTER TABLE "things" RENAME COLUMN "b" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "a" TO "b";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "a";
