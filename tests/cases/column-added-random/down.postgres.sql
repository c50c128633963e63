ALTER TABLE "things" DROP CONSTRAINT "things_token_key";
ALTER TABLE "things" DROP COLUMN "tag";
ALTER TABLE "things" DROP COLUMN "token";
