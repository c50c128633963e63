ALTER TABLE "users" ADD COLUMN "country" VARCHAR(2) CONSTRAINT "users_country_length_check" CHECK (length("country") <= 2);
