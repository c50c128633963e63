CREATE TABLE "select ""from"" é" (
  "id" INTEGER CONSTRAINT "select ""from"" é_pkey" PRIMARY KEY AUTOINCREMENT,
  "order" INTEGER NOT NULL,
  "it's" TEXT NOT NULL,
  "Größe" TEXT,
  CONSTRAINT "select ""from"" é_order_key" UNIQUE ("order"),
  CONSTRAINT "select ""from"" é_Größe_check" CHECK ("Größe" IN ('d''or', '"x"', '')),
  CONSTRAINT "odd; check -- ""name""" CHECK ("order" > 0 AND "it's" <> 'it''s')
);
CREATE INDEX "select ""from"" é_Größe_it's_idx" ON "select ""from"" é" ("Größe" DESC, "it's");
ALTER TABLE "plain" ADD COLUMN "odd" INTEGER CONSTRAINT "plain_odd_fkey" REFERENCES "select ""from"" é" ("order");
