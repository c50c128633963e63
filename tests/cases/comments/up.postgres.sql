COMMENT ON COLUMN "things"."a" IS 'it''s
new';
COMMENT ON COLUMN "things"."b" IS 'b';
COMMENT ON TABLE "things" IS NULL;
