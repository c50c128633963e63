ALTER INDEX "group_maß_it's_idx" RENAME TO "select ""from"" é_Größe_it's_idx";
ALTER TABLE "group" RENAME CONSTRAINT "group_limit_key" TO "select ""from"" é_order_key";
ALTER TABLE "group" RENAME COLUMN "maß" TO "Größe";
ALTER TABLE "group" RENAME CONSTRAINT "group_maß_check" TO "group_Größe_check";
ALTER TABLE "group" RENAME COLUMN "limit" TO "order";
ALTER TABLE "group" RENAME TO "select ""from"" é";
ALTER TABLE "select ""from"" é" RENAME CONSTRAINT "group_pkey" TO "select ""from"" é_pkey";
ALTER TABLE "select ""from"" é" RENAME CONSTRAINT "group_Größe_check" TO "select ""from"" é_Größe_check";
