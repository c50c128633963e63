ALTER TABLE "users" DROP CONSTRAINT "users_country_length_check";
ALTER TABLE "users" DROP COLUMN "country";
