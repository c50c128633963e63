ALTER TABLE "parents" ALTER COLUMN "code" TYPE bigint;
ALTER TABLE "children" ALTER COLUMN "parent_code" TYPE bigint;
