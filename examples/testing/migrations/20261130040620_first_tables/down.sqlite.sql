-- 20261130040620
-- first tables
--
-- Drop the table transfers
-- Drop the table accounts
-- DESTRUCTIVE: drops the table transfers with all its rows
-- DESTRUCTIVE: drops the table accounts with all its rows

DROP TABLE "transfers";
DROP TABLE "accounts";
