ALTER TABLE "users" DROP CONSTRAINT "has_at";
ALTER TABLE "users" ADD CONSTRAINT "users_email_check" CHECK (email LIKE '%@%');
