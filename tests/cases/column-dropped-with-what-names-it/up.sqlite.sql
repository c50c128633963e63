DROP INDEX "users_expr_idx";
DROP INDEX "users_b_idx";
CREATE TABLE "plinth_new_users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "b" TEXT NOT NULL,
  "c" TEXT,
  CONSTRAINT "users_c_check" CHECK (length("c") > 1)
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_users', seq FROM sqlite_sequence WHERE name = 'users' COLLATE NOCASE;
INSERT INTO "plinth_new_users" ("id", "b", "c")
  SELECT "id", "b", "c"
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "users_c_idx" ON "users" ("c");
CREATE INDEX "users_b_idx" ON "users" ("b");
