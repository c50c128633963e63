DROP INDEX "things_a_idx";
CREATE INDEX "things_a_idx" ON "things" ("a") WHERE b IS NULL;
