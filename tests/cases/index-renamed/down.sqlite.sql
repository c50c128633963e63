DROP INDEX "by_a";
CREATE INDEX "things_a_idx" ON "things" ("a");
