ALTER TABLE "things" ALTER COLUMN "d" TYPE text COLLATE "C" USING regexp_replace("d"::text, E'("([^"\\\\]|\\\\.)*")|[ ]', E'\\1', 'g');
ALTER TABLE "things" ALTER COLUMN "c" TYPE text COLLATE "C" USING to_char("c", 'YYYY-MM-DD');
ALTER TABLE "things" ALTER COLUMN "b" TYPE text COLLATE "C" USING to_char("b" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
ALTER TABLE "things" ALTER COLUMN "a" TYPE text COLLATE "C";
