ALTER TABLE "children" ALTER COLUMN "parent_code" TYPE integer;
ALTER TABLE "parents" ALTER COLUMN "code" TYPE integer;
