CREATE TABLE "plinth_new_parents" (
  "code" INTEGER NOT NULL,
  CONSTRAINT "parents_pkey" PRIMARY KEY ("code")
);
INSERT INTO "plinth_new_parents" ("code")
  SELECT "code"
  FROM "parents";
DROP TABLE "parents";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_parents" RENAME TO "parents";
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "plinth_new_children" (
  "id" INTEGER CONSTRAINT "children_pkey" PRIMARY KEY AUTOINCREMENT,
  "parent_code" INTEGER NOT NULL,
  CONSTRAINT "children_parent_code_fkey" FOREIGN KEY ("parent_code") REFERENCES "parents" ("code")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_children', seq FROM sqlite_sequence WHERE name = 'children' COLLATE NOCASE;
INSERT INTO "plinth_new_children" ("id", "parent_code")
  SELECT "id", "parent_code"
  FROM "children";
DROP TABLE "children";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_children" RENAME TO "children";
PRAGMA legacy_alter_table = OFF;
