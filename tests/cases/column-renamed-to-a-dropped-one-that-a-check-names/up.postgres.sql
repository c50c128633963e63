ALTER TABLE "users" RENAME COLUMN "score" TO "score_old";
ALTER TABLE "users" RENAME COLUMN "points" TO "score";
ALTER TABLE "users" DROP COLUMN "score_old";
ALTER TABLE "users" ADD CONSTRAINT "users_score_check" CHECK (score > 0);
