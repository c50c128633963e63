-- What these rows held is not known: they get a value that may stand there.
UPDATE "users" SET "email" = n.n::text
  FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM "users" WHERE "email" IS NULL) AS n
  WHERE "users".ctid = n.ctid;
ALTER TABLE "users" ALTER COLUMN "email" SET NOT NULL;
