DROP INDEX "by_a";
CREATE INDEX "by_a" ON "things" ((upper(a)));
