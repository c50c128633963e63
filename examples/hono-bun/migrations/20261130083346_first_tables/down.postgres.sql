-- 20261130083346
-- first tables
--
-- Drop the table links
-- DESTRUCTIVE: drops the table links with all its rows
-- NOT PROVEN on postgres

DROP TABLE "links";
