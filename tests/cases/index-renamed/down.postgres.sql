ALTER INDEX "by_a" RENAME TO "things_a_idx";
