ALTER TABLE "things" RENAME COLUMN "code" TO "key";
ALTER TABLE "things" RENAME COLUMN "low" TO "high";
ALTER TABLE "things" RENAME COLUMN "state" TO "mode";
DROP INDEX "things_low_idx";
CREATE TABLE "plinth_new_things" (
  "key" TEXT NOT NULL,
  "parent" INTEGER NOT NULL,
  "high" INTEGER NOT NULL,
  "mode" TEXT NOT NULL,
  CONSTRAINT "things_pkey" PRIMARY KEY ("key"),
  CONSTRAINT "things_high_parent_key" UNIQUE ("high", "parent"),
  CONSTRAINT "things_mode_check" CHECK ("mode" IN ('a')),
  CONSTRAINT "things_high_check" CHECK (high > 0 AND "high" < 9 AND 'low' <> ''),
  CONSTRAINT "things_key_fkey" FOREIGN KEY ("key") REFERENCES "things" ("key")
);
INSERT INTO "plinth_new_things" (rowid, "key", "parent", "high", "mode")
  SELECT rowid, "key", "parent", "high", "mode"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "things_expr_idx" ON "things" ((abs(high) + high)) WHERE high <> 5;
CREATE INDEX "things_high_idx" ON "things" ("high" DESC);
