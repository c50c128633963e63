ALTER INDEX "one" RENAME TO "one_old";
ALTER INDEX "two" RENAME TO "one";
ALTER INDEX "one_old" RENAME TO "two";
