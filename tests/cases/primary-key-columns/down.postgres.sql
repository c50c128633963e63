-- What these rows held is not known: they get a value that may stand there.
UPDATE "members" SET "person" = (SELECT coalesce(max("person"), 0) FROM "members") + n.n
  FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM "members" WHERE "person" IS NULL) AS n
  WHERE "members".ctid = n.ctid;
ALTER TABLE "members" ALTER COLUMN "person" SET NOT NULL;
ALTER TABLE "members" DROP CONSTRAINT "members_pkey";
ALTER TABLE "members" ADD CONSTRAINT "members_pkey" PRIMARY KEY ("team", "person");
ALTER TABLE "members" ALTER COLUMN "note" DROP NOT NULL;
