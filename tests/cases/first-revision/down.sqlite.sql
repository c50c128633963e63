DROP TABLE "posts";
DROP TABLE "users";
DROP TABLE "organizations";
