DROP INDEX "things_a_b_idx";
CREATE INDEX "things_a_b_idx" ON "things" ("a", "b");
