DROP INDEX "two";
CREATE INDEX "one_old" ON "things" ("a");
DROP INDEX "one";
CREATE INDEX "two" ON "things" ("b");
DROP INDEX "one_old";
CREATE INDEX "one" ON "things" ("a");
