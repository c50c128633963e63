ALTER INDEX "things_high_idx" RENAME TO "things_low_idx";
ALTER TABLE "things" RENAME CONSTRAINT "things_key_fkey" TO "things_code_fkey";
ALTER TABLE "things" RENAME CONSTRAINT "things_high_check" TO "things_low_check";
ALTER TABLE "things" RENAME CONSTRAINT "things_high_parent_key" TO "things_low_parent_key";
ALTER TABLE "things" RENAME COLUMN "mode" TO "state";
ALTER TABLE "things" RENAME CONSTRAINT "things_mode_check" TO "things_state_check";
ALTER TABLE "things" RENAME COLUMN "high" TO "low";
ALTER TABLE "things" RENAME COLUMN "key" TO "code";
