-- 20261130083346
-- first tables
--
-- Drop the table links
-- DESTRUCTIVE: drops the table links with all its rows

DROP TABLE "links";
