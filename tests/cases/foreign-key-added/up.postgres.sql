ALTER TABLE "b" ADD CONSTRAINT "b_x_y_fkey" FOREIGN KEY ("x", "y") REFERENCES "a" ("x", "y") ON DELETE CASCADE;
ALTER TABLE "b" ADD CONSTRAINT "b_o_fkey" FOREIGN KEY ("o") REFERENCES "organizations" ("id");
