ALTER TABLE "users" DROP CONSTRAINT "users_score_check";
-- What these rows held is not known: they get a value that may stand there.
ALTER TABLE "users" ADD COLUMN "score_old" bigint NOT NULL DEFAULT 0;
ALTER TABLE "users" ALTER COLUMN "score_old" DROP DEFAULT;
ALTER TABLE "users" RENAME COLUMN "score" TO "points";
ALTER TABLE "users" RENAME COLUMN "score_old" TO "score";
