-- the first line; it's one
SELECT 1--2
/* a /* nested; */ or not */ - - 3 /**/ /* ' */ / * 4
