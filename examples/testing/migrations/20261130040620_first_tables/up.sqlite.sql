-- 20261130040620
-- first tables
--
-- Create the table accounts, 3 columns
-- Create the table transfers, 5 columns

CREATE TABLE "accounts" (
  "id" INTEGER CONSTRAINT "accounts_pkey" PRIMARY KEY AUTOINCREMENT,
  "owner" VARCHAR(80) NOT NULL,
  "balance" INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT "accounts_owner_key" UNIQUE ("owner"),
  CONSTRAINT "accounts_owner_length_check" CHECK (length("owner") <= 80),
  CONSTRAINT "accounts_check" CHECK (balance >= 0)
);

CREATE TABLE "transfers" (
  "id" INTEGER CONSTRAINT "transfers_pkey" PRIMARY KEY AUTOINCREMENT,
  "from_id" INTEGER NOT NULL,
  "to_id" INTEGER NOT NULL,
  "amount" INTEGER NOT NULL,
  "made_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "transfers_from_id_fkey" FOREIGN KEY ("from_id") REFERENCES "accounts" ("id"),
  CONSTRAINT "transfers_to_id_fkey" FOREIGN KEY ("to_id") REFERENCES "accounts" ("id")
);
