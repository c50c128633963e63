ALTER TABLE "things" DROP CONSTRAINT "things_pkey";
ALTER TABLE "things" ADD CONSTRAINT "things_pkey" PRIMARY KEY ("a");
ALTER TABLE "things" DROP COLUMN "id";
