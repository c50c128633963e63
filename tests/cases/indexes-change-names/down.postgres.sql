ALTER INDEX "two" RENAME TO "one_old";
ALTER INDEX "one" RENAME TO "two";
ALTER INDEX "one_old" RENAME TO "one";
