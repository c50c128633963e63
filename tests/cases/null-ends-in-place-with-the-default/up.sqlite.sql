UPDATE "things" SET "a" = 'x' WHERE "a" IS NULL;
ALTER TABLE "things" ALTER COLUMN "a" SET NOT NULL;
UPDATE "things" SET "j" = printf('%08x-%04x-7%03x-%04x-%012x', (unixepoch('now', 'subsec') * 1000) >> 16, (unixepoch('now', 'subsec') * 1000) & 65535, random() & 4095, 32768 | (random() & 16383), random() & 281474976710655) WHERE "j" IS NULL;
ALTER TABLE "things" ALTER COLUMN "j" SET NOT NULL;
