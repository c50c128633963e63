-- 20261130083810
-- first tables
--
-- Drop the table reviews
-- Drop the table books
-- DESTRUCTIVE: drops the table reviews with all its rows
-- DESTRUCTIVE: drops the table books with all its rows
-- NOT PROVEN on postgres

DROP TABLE "reviews";
DROP TABLE "books";
