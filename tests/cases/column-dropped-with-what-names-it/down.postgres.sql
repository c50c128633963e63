DROP INDEX "users_b_idx";
ALTER TABLE "users" ADD COLUMN "a" text COLLATE "C";
-- What these rows held is not known: they get a value that may stand there.
UPDATE "users" SET "a" = n.n::text
  FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM "users") AS n
  WHERE "users".ctid = n.ctid;
ALTER TABLE "users" ALTER COLUMN "a" SET NOT NULL;
CREATE INDEX "users_b_idx" ON "users" ("b") WHERE a IS NOT NULL;
CREATE INDEX "users_expr_idx" ON "users" ((lower(a)));
ALTER TABLE "users" ADD CONSTRAINT "users_a_check" CHECK (a <> b);
ALTER TABLE "users" ADD CONSTRAINT "users_a_b_key" UNIQUE ("a", "b");
