-- A value that would not stay what it is fails here.
ALTER TABLE "children" ADD CONSTRAINT "children_parent_code_fits" CHECK ("parent_code" BETWEEN -2147483648 AND 2147483647);
CREATE TABLE "plinth_new_children" (
  "id" INTEGER CONSTRAINT "children_pkey" PRIMARY KEY AUTOINCREMENT,
  "parent_code" INT NOT NULL,
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
-- A value that would not stay what it is fails here.
ALTER TABLE "parents" ADD CONSTRAINT "parents_code_fits" CHECK ("code" BETWEEN -2147483648 AND 2147483647);
CREATE TABLE "plinth_new_parents" (
  "code" INT NOT NULL,
  CONSTRAINT "parents_pkey" PRIMARY KEY ("code")
);
INSERT INTO "plinth_new_parents" (rowid, "code")
  SELECT rowid, "code"
  FROM "parents";
DROP TABLE "parents";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_parents" RENAME TO "parents";
PRAGMA legacy_alter_table = OFF;
