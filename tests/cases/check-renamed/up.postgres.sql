ALTER TABLE "users" RENAME CONSTRAINT "users_email_check" TO "has_at";
