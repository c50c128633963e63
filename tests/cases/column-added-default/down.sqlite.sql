ALTER TABLE "users" DROP COLUMN "token";
ALTER TABLE "users" DROP COLUMN "seen_at";
ALTER TABLE "users" DROP COLUMN "logins";
