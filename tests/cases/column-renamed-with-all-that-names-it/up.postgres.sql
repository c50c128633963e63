ALTER TABLE "things" RENAME COLUMN "code" TO "key";
ALTER TABLE "things" RENAME COLUMN "low" TO "high";
ALTER TABLE "things" RENAME COLUMN "state" TO "mode";
ALTER TABLE "things" RENAME CONSTRAINT "things_state_check" TO "things_mode_check";
ALTER TABLE "things" RENAME CONSTRAINT "things_low_parent_key" TO "things_high_parent_key";
ALTER TABLE "things" RENAME CONSTRAINT "things_low_check" TO "things_high_check";
ALTER TABLE "things" RENAME CONSTRAINT "things_code_fkey" TO "things_key_fkey";
ALTER INDEX "things_low_idx" RENAME TO "things_high_idx";
