ALTER TABLE "users" ADD COLUMN "country" character varying(2) COLLATE "C";
