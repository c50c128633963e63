ALTER INDEX "things_a_idx" RENAME TO "by_a";
