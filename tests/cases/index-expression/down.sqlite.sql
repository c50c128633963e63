DROP INDEX "by_a";
CREATE INDEX "by_a" ON "things" ((lower(a)));
