CREATE TABLE "b" (
  "id" INTEGER CONSTRAINT "b_pkey" PRIMARY KEY AUTOINCREMENT,
  "code" INTEGER NOT NULL,
  "x" TEXT NOT NULL,
  "a_id" INTEGER NOT NULL,
  CONSTRAINT "b_a_id_fkey" FOREIGN KEY ("a_id") REFERENCES "a" ("id"),
  CONSTRAINT "b_code_fkey" FOREIGN KEY ("code") REFERENCES "a" ("code"),
  CONSTRAINT "b_x_fkey" FOREIGN KEY ("x") REFERENCES "a" ("x")
);
CREATE TABLE "plinth_new_a" (
  "id" INTEGER CONSTRAINT "a_pkey" PRIMARY KEY AUTOINCREMENT,
  "code" INTEGER NOT NULL,
  "x" TEXT NOT NULL,
  CONSTRAINT "a_code_key" UNIQUE ("code"),
  CONSTRAINT "a_x_key" UNIQUE ("x")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_a', seq FROM sqlite_sequence WHERE name = 'a' COLLATE NOCASE;
INSERT INTO "plinth_new_a" ("id", "code", "x")
  SELECT "id", "code", "x"
  FROM "a";
DROP TABLE "a";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_a" RENAME TO "a";
PRAGMA legacy_alter_table = OFF;
