ALTER TABLE "users" RENAME CONSTRAINT "has_at" TO "users_email_check";
