// A revision of a table in use, with scripts in steps that are written by hand, and what such a revision must not leave behind.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, index, model, schema } from 'plinth'
import { fails } from './db.mjs'
import { workshop } from './migrations.mjs'
import { query } from './postgres.mjs'

const teams = model('teams', { id: c.id(), name: c.text() })

/** The models of the release that runs. */
export const before = schema({
  teams,
  users: model('users', { id: c.id(), email: c.text(), notes: c.text().nullable() }),
})

/** Those of the next: a column with a default, one that every row gets from an expression, unique, and a key to another table. */
export const after = schema({
  teams,
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text(),
      notes: c.text().nullable(),
      plan: c.text().default('free'),
      slug: c.text().unique(),
      teamId: c.integer().nullable().references('teams.id', { onDelete: 'set null' }),
    },
    t => [index(t.teamId)],
  ),
})

const UP = `-- By hand.

-- plinth: step 1, transaction
-- Locks users for a moment.
ALTER TABLE "users" ADD COLUMN "plan" text COLLATE "C" NOT NULL DEFAULT 'free';
ALTER TABLE "users" ADD COLUMN "slug" text COLLATE "C";
ALTER TABLE "users" ADD COLUMN "team_id" bigint;
CREATE FUNCTION "plinth_fill_users"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."slug" IS NULL THEN NEW."slug" := lower(NEW."email"); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "plinth_fill_users" BEFORE INSERT OR UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION "plinth_fill_users"();
ALTER TABLE "users" ADD CONSTRAINT "plinth_not_null_users_slug" CHECK ("slug" IS NOT NULL) NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_slug";
-- DROP TRIGGER "plinth_fill_users" ON "users";
-- DROP FUNCTION "plinth_fill_users"();
-- ALTER TABLE "users" DROP COLUMN "team_id";
-- ALTER TABLE "users" DROP COLUMN "slug";
-- ALTER TABLE "users" DROP COLUMN "plan";

-- plinth: step 2, batches of "users" by "id"
-- Some rows at a time.
UPDATE "users" SET "slug" = lower("email") WHERE /* plinth: rows of a batch */ ("slug" IS NULL);
-- plinth: nothing to undo

-- plinth: step 3, statement
ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_slug";
-- plinth: nothing to undo

-- plinth: step 4, statement
CREATE UNIQUE INDEX CONCURRENTLY "users_slug_key" ON "users" ("slug");
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_slug_key";

-- plinth: step 5, statement
CREATE INDEX CONCURRENTLY "users_team_id_idx" ON "users" ("team_id" NULLS FIRST);
-- plinth: undo
-- DROP INDEX CONCURRENTLY IF EXISTS "users_team_id_idx";

-- plinth: step 6, transaction
ALTER TABLE "users" ADD CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") ON DELETE SET NULL NOT VALID;
-- plinth: undo
-- ALTER TABLE "users" DROP CONSTRAINT "users_team_id_fkey";

-- plinth: step 7, statement
ALTER TABLE "users" VALIDATE CONSTRAINT "users_team_id_fkey";
-- plinth: nothing to undo

-- plinth: step 8, transaction
ALTER TABLE "users" ALTER COLUMN "slug" SET NOT NULL;
ALTER TABLE "users" ADD CONSTRAINT "users_slug_key" UNIQUE USING INDEX "users_slug_key";
ALTER TABLE "users" DROP CONSTRAINT "plinth_not_null_users_slug";
DROP TRIGGER "plinth_fill_users" ON "users";
DROP FUNCTION "plinth_fill_users"();
`

const DOWN = `-- By hand.

-- plinth: step 1, transaction
ALTER TABLE "users" DROP CONSTRAINT "users_team_id_fkey";
-- plinth: undo
-- ALTER TABLE "users" ADD CONSTRAINT "users_team_id_fkey" FOREIGN KEY ("team_id") REFERENCES "teams" ("id") ON DELETE SET NULL;

-- plinth: step 2, statement
DROP INDEX CONCURRENTLY IF EXISTS "users_team_id_idx";
-- plinth: undo
-- CREATE INDEX CONCURRENTLY "users_team_id_idx" ON "users" ("team_id" NULLS FIRST);

-- plinth: step 3, transaction
ALTER TABLE "users" DROP CONSTRAINT "users_slug_key";
ALTER TABLE "users" DROP COLUMN "team_id";
ALTER TABLE "users" DROP COLUMN "slug";
ALTER TABLE "users" DROP COLUMN "plan";
`

/** The steps of the scripts by hand. */
export const STEPS = { up: 8, down: 3 }

/** Puts the scripts by hand beside those of a revision; others with another text. */
export function putOnline(folder, { up = UP, down = DOWN } = {}) {
  writeFileSync(join(folder, 'up.postgres.online.sql'), up)
  writeFileSync(join(folder, 'down.postgres.online.sql'), down)
}

/** The scripts by hand, with a part of them changed. */
export function withScript(direction, from, to) {
  const text = direction === 'up' ? UP : DOWN
  assert.ok(text.includes(from), from)
  return { [direction]: text.replace(from, to) }
}

/** The scripts by hand with a step before the second, at which a run waits for a lock that a test holds. */
export function withGate() {
  const gate = '-- plinth: step 2, statement\nSELECT pg_advisory_lock(4711);\n-- plinth: nothing to undo\n\n'
  const { up } = withScript('up', '-- plinth: step 2, ', `${gate}-- plinth: step 3, `)
  let number = 0
  return { up: up.replace(/(?<=^-- plinth: step )\d+/gm, () => ++number) }
}

/** A database of the release that runs, with rows, and the revision of the next one that is pending; `scripts: null`: with its own. */
export async function place(t, { rows = 1000, scripts, backfill = 'lower(email)' } = {}) {
  const shop = await workshop(t)
  await shop.write(before, 'first')
  await shop.upgrade()
  await query(shop.url, `INSERT INTO teams (name) VALUES ('one')`)
  await query(shop.url, `INSERT INTO users (email) SELECT 'User ' || n FROM generate_series(1, ${rows}) n`)
  const { revisions } = await shop.write(after, 'second', { backfill: { 'users.slug': backfill } })
  const [{ version, folder }] = revisions
  if (scripts !== null) putOnline(folder, scripts)
  return { ...shop, version, folder }
}

/** A place whose upgrade stops at the unique index, the fourth of its steps, since two rows are alike. */
export async function stopped(t) {
  const shop = await place(t, { rows: 50 })
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id IN (3, 5)`)
  await fails(() => shop.upgrade('head', { online: true }), {
    code: 'ROWS_REFUSED',
    table: 'users',
    columns: ['slug'],
    constraint: 'users_slug_key',
    message: /^Step 4 of 8 .* 3 rows of users have the same users\.slug: id 3, 5, 8\.$/,
  })
  const invalid = await query(shop.url, 'SELECT FROM pg_index WHERE NOT indisvalid')
  assert.deepEqual(invalid, [])
  return shop
}

/** Fails if a revision in steps has left something behind that is neither the old nor the new. */
export async function nothingLeft(url) {
  // The server ends a session, and frees its locks, a moment after it is closed.
  for (let tries = 0; tries < 50 && (await left(url)).some(({ name }) => name === 'a lock'); tries++) await sleep(100)
  assert.deepEqual(await left(url), [])
}

const left = url =>
  query(
    url,
    `SELECT relname AS name FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid
     UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'plinth%'
     UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE 'plinth_fill_%'
     UNION ALL SELECT conname FROM pg_constraint WHERE conname LIKE 'plinth_not_null_%'
     UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated
     UNION ALL SELECT revision FROM plinth_steps
     UNION ALL SELECT 'a lock' FROM pg_locks WHERE locktype = 'advisory'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )

/** Checks that a database is at the new models, and that all rows have got their values. */
export async function isAfter(shop) {
  await nothingLeft(shop.url)
  const status = await shop.status()
  assert.deepEqual([status.pending, status.problems, status.unfinished], [[], [], null])
  assert.ok(Object.values(status.drift).every(number => number === 0))
  const wrong = await query(shop.url, 'SELECT * FROM users WHERE slug IS DISTINCT FROM lower(email) OR plan IS NULL')
  assert.deepEqual(wrong, [])
}

/** Checks that a database is at the old models. */
export async function isBefore(shop) {
  await nothingLeft(shop.url)
  const status = await shop.status()
  assert.deepEqual([status.pending.length, status.problems, status.unfinished], [1, [], null])
  assert.ok(
    Object.values(status.drift).every(number => number === 0),
    JSON.stringify(status.drift),
  )
}
