CREATE TABLE "nodes" (
  "id" INTEGER CONSTRAINT "nodes_pkey" PRIMARY KEY AUTOINCREMENT,
  "parent_id" INTEGER,
  CONSTRAINT "nodes_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "nodes" ("id") ON DELETE CASCADE
);
