DROP INDEX "i";
ALTER TABLE "things" DROP CONSTRAINT "c";
ALTER TABLE "things" RENAME COLUMN "a b" TO "a";
CREATE INDEX "i" ON "things" ((a + 1));
ALTER TABLE "things" ADD CONSTRAINT "c" CHECK (a > 0);
