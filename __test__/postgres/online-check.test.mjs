// Steps that were edited by hand: `check` proves them with rows, beside the script of one transaction.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from 'plinth'
import { after, place, putOnline, withScript } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const UP = 'up.postgres.online.sql'

/** The differences that `check` finds in the files of the revision, by file. */
async function faults(shop) {
  const { edited } = await check({
    models: after,
    url: shop.url,
    migrations: shop.migrations,
    cwd: shop.cwd,
    dialects: ['postgres'],
  })
  return Object.fromEntries(edited.map(({ file, ok, differences = [] }) => [file, ok ? 'ok' : differences.join(' ')]))
}

function edit(shop, file, changes) {
  const path = join(shop.folder, file)
  let text = readFileSync(path, 'utf8')
  for (const [from, to] of changes) {
    assert.match(text, from)
    text = text.replace(from, () => to)
  }
  writeFileSync(path, text)
}

test('steps by hand that do the same are right', async t => {
  const shop = await place(t, { rows: 1 })
  assert.deepEqual(await faults(shop), { 'down.postgres.online.sql': 'ok', [UP]: 'ok' })
})

for (const [what, from, to, fault] of [
  [
    'batches that give other values than the trigger',
    `SET "slug" = lower("email") WHERE`,
    `SET "slug" = upper("email") WHERE`,
    /step 2: no trigger of `users` fills rows as its batches do/,
  ],
  [
    'batches by another column than the key',
    'by "id"',
    'by "nope"',
    /step 2: its batches go by nope, which are not a key of `users`/,
  ],
  [
    'an index that blocks writes',
    'UNIQUE INDEX CONCURRENTLY "users_slug_key" ON',
    'UNIQUE INDEX "users_slug_key" ON',
    /step 4: it reads all rows of `users` under its lock SHARE: writes of others would wait/,
  ],
  [
    'a foreign key whose rows are looked at under its lock',
    'ON DELETE SET NULL NOT VALID',
    'ON DELETE SET NULL',
    /step 6: it reads all rows of `users` under its lock SHARE ROW EXCLUSIVE/,
  ],
  [
    'NOT NULL without a check that is validated',
    'VALIDATE CONSTRAINT "plinth_not_null_users_slug"',
    'ALTER COLUMN "notes" SET DEFAULT NULL',
    /step 8: it reads all rows of `users` under its lock ACCESS EXCLUSIVE: reads and writes of others would wait/,
  ],
  [
    'an undo that does nothing',
    '-- ALTER TABLE "users" DROP COLUMN "plan";\n',
    '',
    /the undo from step 1 back leaves a difference: .*plan/,
  ],
  [
    'a trigger that fills no new rows',
    'BEFORE INSERT OR UPDATE ON "users"',
    'BEFORE UPDATE ON "users"',
    /step 2: no trigger of `users` fills rows as its batches do/,
  ],
  [
    'batches of another table than the UPDATE',
    'batches of "users" by',
    'batches of "teams" by',
    /has not the SQL of its way/,
  ],
  [
    'a condition that reaches beyond its brackets',
    '("slug" IS NULL)',
    '("slug" IS NULL) OR true',
    /has not the SQL of its way/,
  ],
  [
    'batches that leave rows among those to fill',
    '("slug" IS NULL)',
    '("slug" IS NULL OR "id" > 0)',
    /step 2: its batches leave \d+ rows of `users` that still meet their condition/,
  ],
  [
    'an UPDATE of all rows at once',
    'step 2, batches of "users" by "id"',
    'step 2, transaction',
    /step 2: it reads all rows of `users` under its lock ROW EXCLUSIVE: writes of the same rows of others would wait/,
  ],
  [
    'a statement that only a transaction takes',
    'CREATE INDEX CONCURRENTLY "users_team_id_idx"',
    'SAVEPOINT x;\nCREATE INDEX CONCURRENTLY "users_team_id_idx"',
    /step 5 of .* has `SAVEPOINT x`|step 5 failed at `SAVEPOINT x`/i,
  ],
  [
    'a statement that locks a table and runs in no transaction',
    'ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_slug"',
    'VACUUM FULL "users"',
    /step 3 failed at `VACUUM FULL/,
  ],
  [
    'an undo that stands at another step',
    '-- DROP INDEX CONCURRENTLY IF EXISTS "users_team_id_idx";',
    '-- DROP INDEX CONCURRENTLY IF EXISTS "users_team_id_idx";\n-- ALTER TABLE "users" DROP COLUMN "plan";',
    /step 1 failed at `ALTER TABLE "users" DROP COLUMN "plan"/,
  ],
  [
    'an undo that loses rows',
    '-- DROP TRIGGER "plinth_fill_users" ON "users";',
    '-- DROP TRIGGER "plinth_fill_users" ON "users";\n-- DELETE FROM "users";',
    /the undo from step 1 back loses rows or values of `users`/,
  ],
  [
    'SQL below an undo that would not run',
    '-- plinth: nothing to undo\n\n-- plinth: step 3',
    '-- plinth: nothing to undo\nUPDATE users SET notes = NULL;\n\n-- plinth: step 3',
    /has SQL below its undo that is not a comment/,
  ],
  [
    'a last step outside a transaction',
    'step 8, transaction',
    'step 8, statement',
    /The last step of .* is not a `transaction`/,
  ],
  [
    'a statement on a table of the database itself',
    'VALIDATE CONSTRAINT "users_team_id_fkey"',
    `VALIDATE CONSTRAINT "users_team_id_fkey";\nUPDATE public.users SET notes = 'lost'`,
    /says `public\.`: the proof runs on a real database, other objects of which this may change/,
  ],
  ['a step out of order', 'step 3, statement', 'step 4, statement', /has step 4, statement where step 3 is due/],
]) {
  test(`check refuses ${what}`, async t => {
    const shop = await place(t, { rows: 1, scripts: null })
    putOnline(shop.folder, withScript('up', from, to))
    const found = await faults(shop)
    assert.match(found[UP], fault)
    const [{ notes }] = await query(shop.url, 'SELECT notes FROM users')
    assert.equal(notes, null)
  })
}

test('the values of all rows are those of the one transaction, as it was edited too', async t => {
  const shop = await place(t, { rows: 1, scripts: null })
  const whole = 'up.postgres.sql'
  edit(shop, UP, [[/lower\(email\)/g, 'upper(email)']])
  assert.match((await faults(shop))[UP], /its steps leave other rows in `users` than its one transaction/)
  edit(shop, whole, [[/lower\(email\)/g, 'upper(email)']])
  assert.deepEqual(await faults(shop), { [whole]: 'ok', [UP]: 'ok' })
  edit(shop, whole, [[/upper\(email\)/g, `upper(email) || '!'`]])
  assert.match((await faults(shop))[UP], /its steps leave other rows/)
})

test('steps beside a script that refuses rows of ours are tried on empty tables', async t => {
  const shop = await place(t, { rows: 1, scripts: null })
  const refuses = `DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN RAISE 'no rows'; END IF; END $$;\n`
  edit(shop, 'up.postgres.sql', [[/^ALTER/m, `${refuses}ALTER`]])
  edit(shop, UP, [[/lower\(email\)/g, 'lower((email))']])
  assert.deepEqual(await faults(shop), { 'up.postgres.sql': 'ok', [UP]: 'ok' })
  edit(shop, UP, [[/INDEX CONCURRENTLY (?=")/, 'INDEX ']])
  assert.match((await faults(shop))[UP], /reads all rows of `users`/)
})
