-- 20261129104422
-- lower-case emails
--
-- Change the column users.email: lower case
-- DESTRUCTIVE: the values of users.email lose their capital letters

UPDATE "users" SET "email" = lower("email")
  -- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which
  -- folds as the models do.
  WHERE "email" <> lower("email");
