// Steps that were edited by hand: `check` proves them with rows, beside the script of one transaction.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { check } from 'plinth'
import { after, place, putOnline, withScript } from '../support/online.mjs'
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
    /the trigger of `users` does not fill rows as its batches do/,
  ],
  [
    'batches by another column than the key',
    'by "id"',
    'by "nope"',
    /step 2: its batches go by nope, which is no key of `users`/,
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
    /steps 1 to 7, done and undone, leave a difference: .*plan/,
  ],
  ['a step out of order', 'step 3, statement', 'step 4, statement', /has step 4, statement where step 3 is due/],
]) {
  test(`check refuses ${what}`, async t => {
    const shop = await place(t, { rows: 1, scripts: null })
    putOnline(shop.folder, withScript('up', from, to))
    const found = await faults(shop)
    assert.match(found[UP], fault)
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
