ALTER TABLE "users" RENAME COLUMN "phone" TO "mobile";
