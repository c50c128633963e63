SELECT 1 -- ends at a carriage return?SELECT 2
-- and without a line break