ALTER TABLE "b" RENAME TO "a_old";
ALTER TABLE "a_old" RENAME CONSTRAINT "b_pkey" TO "a_old_pkey";
ALTER TABLE "a" RENAME TO "b";
ALTER TABLE "b" RENAME CONSTRAINT "a_pkey" TO "b_pkey";
ALTER TABLE "a_old" RENAME TO "a";
ALTER TABLE "a" RENAME CONSTRAINT "a_old_pkey" TO "a_pkey";
