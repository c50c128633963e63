ALTER TABLE "things" ALTER COLUMN "b" TYPE bigint;
ALTER TABLE "things" ALTER COLUMN "c" TYPE integer;
