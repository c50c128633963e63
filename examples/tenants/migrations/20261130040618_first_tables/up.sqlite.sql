-- 20261130040618
-- first tables
--
-- Create the table customers, 2 columns
-- Create the table invoices, 4 columns

CREATE TABLE "customers" (
  "id" INTEGER CONSTRAINT "customers_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" VARCHAR(320) NOT NULL,
  CONSTRAINT "customers_email_key" UNIQUE ("email"),
  CONSTRAINT "customers_email_length_check" CHECK (length("email") <= 320)
);

CREATE TABLE "invoices" (
  "id" INTEGER CONSTRAINT "invoices_pkey" PRIMARY KEY AUTOINCREMENT,
  "customer_id" INTEGER NOT NULL,
  "total" DECIMAL_INT(12,2) NOT NULL,
  "issued_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "invoices_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers" ("id") ON DELETE RESTRICT
);
