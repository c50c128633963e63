COMMENT ON TABLE "things" IS 'old';
COMMENT ON COLUMN "things"."b" IS NULL;
COMMENT ON COLUMN "things"."a" IS 'old';
