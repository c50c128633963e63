ALTER TABLE "users" ALTER COLUMN "email" DROP DEFAULT;
UPDATE "users" SET "email" = lower("email")
  -- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which
  -- folds as the models do.
  WHERE "email" <> lower("email");
ALTER INDEX "users_number_idx" RENAME TO "users_code_idx";
ALTER TABLE "users" RENAME COLUMN "number" TO "code";
