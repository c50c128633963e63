DROP INDEX "one";
CREATE INDEX "one_old" ON "things" ("a");
DROP INDEX "two";
CREATE INDEX "one" ON "things" ("b");
DROP INDEX "one_old";
CREATE INDEX "two" ON "things" ("a");
