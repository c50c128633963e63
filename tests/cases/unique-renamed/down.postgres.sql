ALTER TABLE "users" RENAME CONSTRAINT "one_email" TO "users_email_key";
