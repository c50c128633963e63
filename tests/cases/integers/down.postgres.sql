ALTER TABLE "things" ALTER COLUMN "c" TYPE bigint;
ALTER TABLE "things" ALTER COLUMN "b" TYPE integer;
