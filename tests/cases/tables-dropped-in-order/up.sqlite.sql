DROP TABLE "posts";
DROP TABLE "users";
DROP TABLE "organizations";
CREATE TABLE "other" (
  "id" INTEGER CONSTRAINT "other_pkey" PRIMARY KEY AUTOINCREMENT,
  "x" BLOB NOT NULL,
  "y" BLOB NOT NULL
);
