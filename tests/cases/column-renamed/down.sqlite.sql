ALTER TABLE "users" RENAME COLUMN "mobile" TO "phone";
