ALTER TABLE "users" DROP CONSTRAINT "users_email_check";
ALTER TABLE "users" ADD CONSTRAINT "users_email_check" CHECK (email LIKE '%_@_%');
