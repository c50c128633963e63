-- 20261130085254
-- first tables
--
-- Drop the table job_queue
-- Drop the table invoices
-- Drop the table orders
-- DESTRUCTIVE: drops the table job_queue with all its rows
-- DESTRUCTIVE: drops the table invoices with all its rows
-- DESTRUCTIVE: drops the table orders with all its rows

DROP TABLE "job_queue";
DROP TABLE "invoices";
DROP TABLE "orders";
