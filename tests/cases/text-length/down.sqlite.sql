CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" VARCHAR(50) NOT NULL,
  "b" TEXT NOT NULL,
  "c" VARCHAR(50) NOT NULL,
  CONSTRAINT "things_a_key" UNIQUE ("a"),
  CONSTRAINT "things_a_length_check" CHECK (length("a") <= 50),
  CONSTRAINT "things_c_length_check" CHECK (length("c") <= 50)
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b", "c")
  SELECT "id", "a", "b", "c"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "things_b_c_idx" ON "things" ("b", "c");
