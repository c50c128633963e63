ALTER TABLE "users" DROP CONSTRAINT "users_email_check";
ALTER TABLE "users" ADD CONSTRAINT "has_at" CHECK (email LIKE '%@%');
