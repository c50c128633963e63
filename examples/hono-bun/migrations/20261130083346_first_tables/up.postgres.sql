-- 20261130083346
-- first tables
--
-- Create the table links, 4 columns
-- NOT PROVEN on postgres

CREATE TABLE "links" (
  "code" character varying(32) COLLATE "C" NOT NULL,
  "target" character varying(2000) COLLATE "C" NOT NULL,
  "visits" bigint NOT NULL DEFAULT 0,
  "created_at" timestamp(3) with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "links_pkey" PRIMARY KEY ("code")
);
