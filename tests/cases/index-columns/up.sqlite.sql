DROP INDEX "things_a_idx";
CREATE INDEX "things_a_b_idx" ON "things" ("a", "b");
CREATE INDEX "things_b_idx" ON "things" ("b");
