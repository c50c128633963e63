ALTER TABLE "logins" DROP CONSTRAINT "logins_email_fkey";
UPDATE "users" SET "email" = lower("email")
  -- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which
  -- folds as the models do.
  WHERE "email" <> lower("email");
UPDATE "logins" SET "email" = lower("email")
  -- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which
  -- folds as the models do.
  WHERE "email" <> lower("email");
ALTER TABLE "logins" ADD CONSTRAINT "logins_email_fkey" FOREIGN KEY ("email") REFERENCES "users" ("email");
