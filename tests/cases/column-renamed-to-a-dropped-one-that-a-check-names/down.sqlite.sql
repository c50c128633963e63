CREATE TABLE "plinth_new_users" (
  "id" INTEGER NOT NULL,
  "score" INTEGER NOT NULL,
  "score_old" INTEGER NOT NULL,
  CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
-- What these rows held is not known: they get a value that may stand there.
INSERT INTO "plinth_new_users" ("id", "score", "score_old")
  SELECT "id", "score", 0
  FROM "users";
DROP TABLE "users";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_users" RENAME TO "users";
PRAGMA legacy_alter_table = OFF;
ALTER TABLE "users" RENAME COLUMN "score" TO "points";
ALTER TABLE "users" RENAME COLUMN "score_old" TO "score";
