DROP INDEX "users_b_idx";
CREATE TABLE "plinth_new_users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "b" TEXT NOT NULL,
  "c" TEXT,
  "a" TEXT NOT NULL,
  CONSTRAINT "users_a_b_key" UNIQUE ("a", "b"),
  CONSTRAINT "users_c_check" CHECK (length("c") > 1),
  CONSTRAINT "users_a_check" CHECK (a <> b)
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_users', seq FROM sqlite_sequence WHERE name = 'users' COLLATE NOCASE;
-- What these rows held is not known: they get a value that may stand there.
INSERT INTO "plinth_new_users" ("id", "b", "c", "a")
  SELECT "id", "b", "c", CAST(plinth_row AS TEXT)
  FROM (SELECT *, rowid AS plinth_rowid, row_number() OVER (ORDER BY rowid) AS plinth_row FROM "users") AS "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "users_c_idx" ON "users" ("c");
CREATE INDEX "users_b_idx" ON "users" ("b") WHERE a IS NOT NULL;
CREATE INDEX "users_expr_idx" ON "users" ((lower(a)));
