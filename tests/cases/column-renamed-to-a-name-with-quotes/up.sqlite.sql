ALTER TABLE "things" DROP CONSTRAINT "c";
DROP INDEX "i";
ALTER TABLE "things" RENAME COLUMN "a" TO "a b";
ALTER TABLE "things" ADD CONSTRAINT "c" CHECK ("a b" > 0);
CREATE INDEX "i" ON "things" (("a b" + 1));
