DROP INDEX "things_high_idx";
ALTER TABLE "things" RENAME COLUMN "mode" TO "state";
ALTER TABLE "things" RENAME COLUMN "high" TO "low";
ALTER TABLE "things" RENAME COLUMN "key" TO "code";
CREATE TABLE "plinth_new_things" (
  "code" TEXT NOT NULL,
  "parent" INTEGER NOT NULL,
  "low" INTEGER NOT NULL,
  "state" TEXT NOT NULL,
  CONSTRAINT "things_pkey" PRIMARY KEY ("code"),
  CONSTRAINT "things_low_parent_key" UNIQUE ("low", "parent"),
  CONSTRAINT "things_state_check" CHECK ("state" IN ('a')),
  CONSTRAINT "things_low_check" CHECK (low > 0 AND "low" < 9 AND 'low' <> ''),
  CONSTRAINT "things_code_fkey" FOREIGN KEY ("code") REFERENCES "things" ("code")
);
INSERT INTO "plinth_new_things" (rowid, "code", "parent", "low", "state")
  SELECT rowid, "code", "parent", "low", "state"
  FROM "things";
DROP TABLE "things";
-- Views, triggers and foreign keys that name the table keep its name.
PRAGMA legacy_alter_table = ON;
ALTER TABLE "plinth_new_things" RENAME TO "things";
PRAGMA legacy_alter_table = OFF;
CREATE INDEX "things_expr_idx" ON "things" ((abs(low) + low)) WHERE low <> 5;
CREATE INDEX "things_low_idx" ON "things" ("low" DESC);
