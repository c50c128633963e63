ALTER TABLE "select ""from"" é" RENAME TO "group";
ALTER TABLE "group" RENAME CONSTRAINT "select ""from"" é_pkey" TO "group_pkey";
ALTER TABLE "group" RENAME CONSTRAINT "select ""from"" é_Größe_check" TO "group_Größe_check";
ALTER TABLE "group" RENAME COLUMN "order" TO "limit";
ALTER TABLE "group" RENAME COLUMN "Größe" TO "maß";
ALTER TABLE "group" RENAME CONSTRAINT "group_Größe_check" TO "group_maß_check";
ALTER TABLE "group" RENAME CONSTRAINT "select ""from"" é_order_key" TO "group_limit_key";
ALTER INDEX "select ""from"" é_Größe_it's_idx" RENAME TO "group_maß_it's_idx";
