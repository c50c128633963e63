DROP INDEX "things_a_idx";
CREATE UNIQUE INDEX "things_a_idx" ON "things" ("a");
