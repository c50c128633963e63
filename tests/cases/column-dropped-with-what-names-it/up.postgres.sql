ALTER TABLE "users" DROP CONSTRAINT "users_a_b_key";
ALTER TABLE "users" DROP CONSTRAINT "users_a_check";
DROP INDEX "users_expr_idx";
DROP INDEX "users_b_idx";
ALTER TABLE "users" DROP COLUMN "a";
CREATE INDEX "users_b_idx" ON "users" ("b");
