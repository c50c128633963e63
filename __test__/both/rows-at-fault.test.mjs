// Errors of calls of many rows name the row at fault among those of the call, also beyond the rows that cross at once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, append, c, check, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { refuseNo } from '../support/dialect.mjs'

const MANY = 2500
const AT = 2400
const models = schema({
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text().unique(),
      n: c.integer().default(0),
      rank: c.integer().default(0),
      data: c.json().default([]),
    },
    () => [check('rank < 10').name('ranked')],
  ),
})
const rows = (at = () => ({})) =>
  Array.from({ length: MANY }, (_, n) => ({ email: `u${n}`, ...(n === AT ? at(n) : undefined) }))
const on = ['email']

/** Calls of many rows, each on its own handle; `row` is not as the others. */
const CALLS = {
  createMany: (db, given) => db.users.createMany(given),
  'createMany that skips duplicates': (db, given) => db.users.createMany(given, { skipDuplicates: true }),
  upsertMany: (db, given) => db.users.upsertMany(given, { on }),
  'blocking createMany': async (db, given) => db.sync.users.createMany(given),
  'blocking upsertMany': async (db, given) => db.sync.users.upsertMany(given, { on }),
}

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name}: what a check, a trigger and a column refuse names its row`, async t => {
    const db = await database(t, models)
    await refuseNo(db)
    const at = { row: AT, message: new RegExp(`^Row ${AT}: `) }
    const refused = [
      [{ rank: 10 }, { code: 'CHECK_VIOLATION', constraint: 'ranked' }],
      [{ email: 'no' }, { code: /^(CHECK_VIOLATION|SQL_FAILED)$/ }],
      [{ n: 1.5 }, { code: 'VALUE_INVALID', columns: ['n'] }],
      [{ email: '\ud800' }, { code: 'VALUE_INVALID', columns: ['email'] }],
    ]
    for (const [wrong, expected] of refused) {
      await fails(
        () =>
          call(
            db,
            rows(() => wrong),
          ),
        { ...expected, ...at },
      )
      assert.equal(await db.users.count(), 0)
    }
    assert.equal((await call(db, rows())).length, MANY)
  })
}

test('upsertMany: an atomic change that the database refuses names its row', async t => {
  const db = await database(t, models)
  await db.users.createMany(rows(() => ({ n: Number.MAX_SAFE_INTEGER, data: { no: 'list' } })))
  const at = { row: AT, table: 'users' }
  for (const upsertMany of [db.users.upsertMany, async (...given) => db.sync.users.upsertMany(...given)]) {
    await fails(() => upsertMany.call(db.users, rows(), { on, update: { n: add(1) } }), {
      ...at,
      code: 'OUT_OF_RANGE',
      columns: ['n'],
      message: `Row ${AT}: users.n: the sum is out of the range of the column.`,
    })
    await fails(() => upsertMany.call(db.users, rows(), { on, update: { data: append(1) } }), {
      ...at,
      code: 'VALUE_INVALID',
      columns: ['data'],
      message: `Row ${AT}: users.data: expected a JSON array, found JSON of another type.`,
    })
  }
  assert.equal(await db.users.count({ where: { n: 0 } }), MANY - 1)
})

test('claim: what the database refuses names its column and its value', async t => {
  const db = await database(t, models)
  await db.users.create({ email: 'a', n: Number.MAX_SAFE_INTEGER, data: { no: 'list' } })
  await db.users.create({ email: 'b' })
  const claim = set => db.users.claim({ where: { email: 'a' }, limit: 1, set })
  const table = 'users'
  await fails(() => claim({ n: add(1) }), { code: 'OUT_OF_RANGE', table, columns: ['n'] })
  await fails(() => claim({ data: append(1) }), {
    code: 'VALUE_INVALID',
    table,
    columns: ['data'],
    message: 'users.data: expected a JSON array, found JSON of another type.',
  })
  await fails(() => claim({ rank: 5, email: 'b' }), {
    code: 'UNIQUE_VIOLATION',
    table,
    columns: ['email'],
    found: 'email = "b"',
  })
  await fails(() => db.users.update(1, { email: 'b' }), { found: 'email = "b"' })
})
