ALTER TABLE "users" DROP COLUMN "country";
