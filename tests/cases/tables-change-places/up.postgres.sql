ALTER TABLE "a" RENAME TO "a_old";
ALTER TABLE "a_old" RENAME CONSTRAINT "a_pkey" TO "a_old_pkey";
ALTER TABLE "b" RENAME TO "a";
ALTER TABLE "a" RENAME CONSTRAINT "b_pkey" TO "a_pkey";
ALTER TABLE "a_old" RENAME TO "b";
ALTER TABLE "b" RENAME CONSTRAINT "a_old_pkey" TO "b_pkey";
