-- 20261130040614
-- first tables
--
-- Drop the table tasks
-- Drop the table lists
-- DESTRUCTIVE: drops the table tasks with all its rows
-- DESTRUCTIVE: drops the table lists with all its rows

DROP TABLE "tasks";
DROP TABLE "lists";
