DROP INDEX "things_a_idx";
CREATE INDEX "by_a" ON "things" ("a");
