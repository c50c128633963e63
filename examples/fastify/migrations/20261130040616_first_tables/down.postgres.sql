-- 20261130040616
-- first tables
--
-- Drop the table tags
-- Drop the table notes
-- DESTRUCTIVE: drops the table tags with all its rows
-- DESTRUCTIVE: drops the table notes with all its rows
-- NOT PROVEN on postgres

DROP TABLE "tags";
DROP TABLE "notes";
