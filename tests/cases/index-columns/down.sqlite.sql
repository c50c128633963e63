DROP INDEX "things_b_idx";
DROP INDEX "things_a_b_idx";
CREATE INDEX "things_a_idx" ON "things" ("a");
