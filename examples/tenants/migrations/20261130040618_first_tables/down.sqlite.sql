-- 20261130040618
-- first tables
--
-- Drop the table invoices
-- Drop the table customers
-- DESTRUCTIVE: drops the table invoices with all its rows
-- DESTRUCTIVE: drops the table customers with all its rows

DROP TABLE "invoices";
DROP TABLE "customers";
