ALTER TABLE "things" RENAME COLUMN "b" TO "a_old";
ALTER TABLE "things" RENAME COLUMN "a" TO "b";
ALTER TABLE "things" RENAME COLUMN "a_old" TO "a";
CREATE TABLE "plinth_new_things" (
  "id" INTEGER CONSTRAINT "things_pkey" PRIMARY KEY AUTOINCREMENT,
  "a" INTEGER NOT NULL,
  "b" INTEGER NOT NULL
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_things', seq FROM sqlite_sequence WHERE name = 'things' COLLATE NOCASE;
INSERT INTO "plinth_new_things" ("id", "a", "b")
  SELECT "id", "a", "b"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
CREATE TABLE "plinth_new_rows" (
  "id" INTEGER CONSTRAINT "rows_pkey" PRIMARY KEY AUTOINCREMENT,
  "team_id" INTEGER,
  CONSTRAINT "rows_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id")
);
-- A number that was given once is never given again.
INSERT INTO sqlite_sequence (name, seq) SELECT 'plinth_new_rows', seq FROM sqlite_sequence WHERE name = 'rows' COLLATE NOCASE;
INSERT INTO "plinth_new_rows" ("id", "team_id")
  SELECT "id", "team_id"
  FROM "rows";
DROP TABLE "rows";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_rows" RENAME TO "rows";
PRAGMA legacy_alter_table = OFF;
