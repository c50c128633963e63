// createMany with skipDuplicates, upsertMany, updateMany and deleteMany that return rows: which rows, in which order, and what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, model, schema, unique } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'

const MANY = 2_500
const models = schema({
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text().unique().lowercase(),
      name: c.text().nullable(),
      age: c.integer().nullable(),
      team: c.text().nullable(),
      seat: c.integer().nullable(),
      secret: c.text().private().nullable(),
      bossId: c.integer().nullable().references('users.id'),
      changedAt: c.timestamp().touch(),
    },
    u => [unique(u.team, u.seat), check('age >= 18').name('grown')],
  ),
  prices: model('prices', { amount: c.decimal(8, 2).primaryKey(), at: c.date().default('2026-01-01'), n: c.integer() }),
  ticks: model('ticks', { id: c.bigId() }),
  slots: model('slots', {
    key: c.uuid().primaryKey().defaultRandom(),
    place: c.integer().default(0).unique(),
    data: c.json(),
  }),
})
const emails = rows => rows.map(row => row.email)
const user = n => ({ email: `u${n}`, name: `name ${n}`, age: 18 + n })

test('skipDuplicates leaves out rows whose unique values exist, and gives the others in the order given', async t => {
  const db = await database(t, models)
  await db.users.createMany([user(1), user(3)])
  const made = await db.users.createMany(
    [user(5), user(3), user(2), { email: 'U1', name: 'other' }, user(2), user(4)],
    {
      skipDuplicates: true,
    },
  )
  assert.deepEqual(emails(made), ['u5', 'u2', 'u4'])
  for (const row of made) assert.deepEqual(row, await db.users.get(row.id))
  assert.equal('secret' in made[0], false)
  assert.equal((await db.users.find({ where: { email: 'u1' } })).name, 'name 1')
  assert.deepEqual(await db.users.createMany([user(5)], { skipDuplicates: true }), [])
  assert.deepEqual(emails(await db.users.createMany([user(6)], { skipDuplicates: true })), ['u6'])
  assert.deepEqual(await db.users.createMany([], { skipDuplicates: true }), [])
  // The keys count on.
  const last = await db.users.create(user(7))
  assert.ok(last.id > Math.max(...ids(made)))
})

test('any unique key makes a duplicate, or the one that is named; NULL makes none', async t => {
  const db = await database(t, models)
  await db.users.create({ ...user(1), team: 'a', seat: 1 })
  const rows = [
    { ...user(2), team: 'a', seat: 1 },
    { ...user(3), team: 'a', seat: null },
    { ...user(4), team: 'a', seat: null },
    { ...user(1), team: 'b', seat: 1 },
    { ...user(5), id: 1 },
  ]
  assert.deepEqual(emails(await db.users.createMany(rows, { skipDuplicates: true })), ['u3', 'u4'])
  const seats = [
    { ...user(6), team: 'a', seat: 1 },
    { ...user(7), team: 'c', seat: 1 },
  ]
  assert.deepEqual(emails(await db.users.createMany(seats, { skipDuplicates: ['seat', 'team'] })), ['u7'])
  const clash = [user(8), { ...user(9), team: 'a', seat: 1 }]
  await fails(() => db.users.createMany(clash, { skipDuplicates: ['email'] }), {
    code: 'UNIQUE_VIOLATION',
    table: 'users',
    row: 1,
  })
  assert.equal(await db.users.exists({ where: { email: 'u8' } }), false, 'all or none')
})

for (const place of ['the database', 'a transaction', 'blocking calls']) {
  test(`thousands of rows on ${place}: duplicates among them are left out, also with keys of their own`, async t => {
    const db = await database(t, models)
    await db.users.createMany(Array.from({ length: MANY / 2 }, (_, n) => user(2 * n)))
    const rows = Array.from({ length: MANY }, (_, n) => (n % 10 ? user(n) : { ...user(n), id: 100_000 + n }))
    const progress = []
    const options = { skipDuplicates: true, onProgress: (done, total) => progress.push([done, total]) }
    const made =
      place === 'the database'
        ? await db.users.createMany(rows, options)
        : place === 'a transaction'
          ? await db.transaction(tx => tx.users.createMany(rows, options))
          : db.sync.users.createMany(rows, options)
    const odd = rows.filter((_, n) => n % 2)
    assert.deepEqual(emails(made), emails(odd))
    assert.deepEqual(progress.at(-1), [MANY, MANY])
    assert.equal(new Set(ids(made)).size, MANY / 2)
    const stored = await db.users.list({ where: { id: { in: ids(made) } } })
    assert.deepEqual(new Map(stored.map(row => [row.id, row])), new Map(made.map(row => [row.id, row])))
  })

  test(`a violation other than a duplicate undoes all rows on ${place}, and names its row`, async t => {
    const db = await database(t, models)
    const rows = Array.from({ length: 900 }, (_, n) => user(n))
    const call = async (rows, options) =>
      place === 'blocking calls'
        ? db.sync.users.createMany(rows, options)
        : place === 'a transaction'
          ? db.transaction(tx => tx.users.createMany(rows, options))
          : db.users.createMany(rows, options)
    for (const [wrong, fields] of [
      [
        { email: 'young', age: 3 },
        { code: 'CHECK_VIOLATION', constraint: 'grown' },
      ],
      [
        { email: 'lost', bossId: 77_777 },
        { code: 'FOREIGN_KEY_VIOLATION', columns: ['bossId'] },
      ],
      [{ email: null }, { code: 'VALUE_INVALID', columns: ['email'] }],
    ]) {
      const row = 700
      await fails(() => call(replaced(rows, row, wrong), { skipDuplicates: true }), {
        ...fields,
        row,
      })
      await fails(() => call([wrong], { skipDuplicates: ['email'] }), fields)
      assert.equal(await db.users.count(), 0)
    }
  })
}

const replaced = (rows, at, row) => rows.map((other, n) => (n === at ? row : other))

test('calls that meet make each row once', async t => {
  const db = await database(t, models)
  const rows = Array.from({ length: 50 }, (_, n) => user(n))
  const made = await Promise.all(Array.from({ length: 20 }, () => db.users.createMany(rows, { skipDuplicates: true })))
  assert.deepEqual(emails(made.flat()).sort(), emails(rows).sort())
  assert.equal(await db.users.count(), 50)
})

test('rows without a column, with keys that are bigints, and without a generated key', async t => {
  const db = await database(t, models)
  assert.deepEqual(await db.ticks.createMany([{}, {}], { skipDuplicates: true }), [{ id: 1n }, { id: 2n }])
  assert.deepEqual(await db.ticks.createMany([{}], { skipDuplicates: true }), [{ id: 3n }])
  assert.deepEqual(await db.ticks.createMany([{ id: 2n }, { id: 9n }], { skipDuplicates: true }), [{ id: 9n }])
  const price = { amount: '1.00', at: '2026-01-01', n: 1 }
  assert.deepEqual(
    await db.prices.createMany(
      [
        { amount: '1', n: 1 },
        { amount: '1.00', n: 2 },
      ],
      { skipDuplicates: ['amount'] },
    ),
    [price],
  )
  assert.deepEqual(await db.prices.list(), [price])
})

test('skipDuplicates that names no unique key is refused', async t => {
  const db = await database(t, models)
  const rows = [user(1)]
  for (const [skipDuplicates, fields] of [
    [['name'], { code: 'QUERY_INVALID', message: /skipDuplicates \(name\) needs a unique key/ }],
    [['email', 'id'], { code: 'QUERY_INVALID' }],
    [['emial'], { code: 'UNKNOWN_COLUMN', hint: /email/ }],
    [[5], { code: 'QUERY_INVALID' }],
    [[], { code: 'QUERY_INVALID', expected: /columns/ }],
    ['email', { code: 'QUERY_INVALID', expected: /columns/ }],
    [{}, { code: 'QUERY_INVALID' }],
  ]) {
    await fails(() => db.users.createMany(rows, { skipDuplicates }), { table: 'users', ...fields })
  }
  assert.deepEqual(emails(await db.users.createMany(rows, { skipDuplicates: false })), ['u1'])
  await fails(() => db.users.createMany(rows, { skipDuplicates: false }), { code: 'UNIQUE_VIOLATION' })
})

test('upsertMany makes rows or changes them, and gives them in the order given', async t => {
  const db = await database(t, models)
  const [first] = await db.users.createMany([{ ...user(1), secret: 's', team: 'a' }, user(2)])
  const rows = await db.users.upsertMany(
    [{ email: 'u9', age: 40 }, { email: 'U1', name: 'new' }, { email: 'u8' }, { email: 'u2', name: null, age: 50 }],
    { on: ['email'] },
  )
  assert.deepEqual(
    rows.map(({ email, name, age }) => [email, name, age]),
    [
      ['u9', null, 40],
      ['u1', 'new', 19],
      ['u8', null, null],
      ['u2', null, 50],
    ],
  )
  // Columns that a row does not give stay as they were.
  assert.equal(rows[1].team, 'a')
  assert.equal((await db.users.find({ where: { email: 'u1' }, select: ['secret'] })).secret, 's')
  assert.ok(rows[1].changedAt >= first.changedAt)
  for (const row of rows) assert.deepEqual(row, await db.users.get(row.id))
  assert.deepEqual(await db.users.upsertMany([], { on: ['email'] }), [])
  assert.deepEqual(emails(await db.users.upsertMany([{ email: 'u7' }], { on: ['email'] })), ['u7'])
})

test('update of upsertMany is what existing rows get, each of them', async t => {
  const db = await database(t, models)
  await db.users.createMany([user(1), user(2)])
  const rows = await db.users.upsertMany([user(3), { ...user(1), name: 'given' }, user(2)], {
    on: ['email'],
    update: { name: 'known', age: 70 },
  })
  assert.deepEqual(
    rows.map(({ email, name, age }) => [email, name, age]),
    [
      ['u3', 'name 3', 21],
      ['u1', 'known', 70],
      ['u2', 'known', 70],
    ],
  )
})

for (const place of ['the database', 'a transaction', 'blocking calls']) {
  test(`thousands of rows of several shapes in one upsertMany on ${place}`, async t => {
    const db = await database(t, models)
    await db.users.createMany(Array.from({ length: 500 }, (_, n) => ({ email: `u${n * 5}`, name: 'old', age: 99 })))
    const rows = Array.from({ length: MANY }, (_, n) => {
      const { age, ...rest } = user(n)
      return n % 300 < 150 ? { ...rest, age } : rest
    })
    const on = ['email']
    const done =
      place === 'the database'
        ? await db.users.upsertMany(rows, { on })
        : place === 'a transaction'
          ? await db.transaction(tx => tx.users.upsertMany(rows, { on }))
          : db.sync.users.upsertMany(rows, { on })
    assert.equal(await db.users.count(), MANY)
    assert.deepEqual(emails(done), emails(rows))
    for (const [n, row] of done.entries()) {
      assert.equal(row.name, `name ${n}`)
      assert.equal(row.age, rows[n].age ?? (n % 5 ? null : 99))
    }
    const stored = await db.users.list()
    assert.deepEqual(new Map(stored.map(row => [row.id, row])), new Map(done.map(row => [row.id, row])))
  })
}

test('two rows with the same unique values are refused before anything is written', async t => {
  const db = await database(t, models)
  const clash = { code: 'VALUE_INVALID', table: 'users', columns: ['email'], row: 2, hint: /Keep one/ }
  const error = await fails(
    () => db.users.upsertMany([{ email: 'Ada' }, { email: 'bob' }, { email: 'ada' }], { on: ['email'] }),
    clash,
  )
  assert.equal(error.message, 'users.upsertMany: rows 0 and 2 have the same email.')
  assert.equal(await db.users.count(), 0)
  await fails(
    () =>
      db.users.upsertMany(
        [
          { ...user(1), team: 'a', seat: 1 },
          { ...user(2), team: 'a', seat: 1 },
        ],
        { on: ['seat', 'team'] },
      ),
    { code: 'VALUE_INVALID', columns: ['seat', 'team'], message: /rows 0 and 1 have the same seat, team/ },
  )
  // By value: digits, defaults.
  const prices = [
    { amount: '1.0', n: 1 },
    { amount: '1.00', n: 2 },
  ]
  await fails(() => db.prices.upsertMany(prices, { on: ['amount'] }), { code: 'VALUE_INVALID', columns: ['amount'] })
  const slots = [{ data: 1 }, { place: 0, data: 2 }]
  await fails(() => db.slots.upsertMany(slots, { on: ['place'] }), { code: 'VALUE_INVALID', columns: ['place'] })
  // What is NULL or generated is like nothing else.
  const seats = await db.users.upsertMany(
    [
      { ...user(1), team: 'a' },
      { ...user(2), team: 'a' },
    ],
    { on: ['team', 'seat'] },
  )
  assert.deepEqual(emails(seats), ['u1', 'u2'])
  assert.deepEqual(emails(await db.users.upsertMany([user(3), user(4)], { on: ['id'] })), ['u3', 'u4'])
  assert.equal(
    (
      await db.slots.upsertMany(
        [
          { place: 1, data: 1 },
          { place: 2, data: [] },
        ],
        { on: ['key'] },
      )
    ).length,
    2,
  )
})

test('a violation undoes the whole upsertMany, and names its row', async t => {
  const db = await database(t, models)
  await db.users.create(user(1))
  const rows = [{ ...user(1), name: 'new' }, user(2), { ...user(3), age: 3 }, user(4)]
  await fails(() => db.users.upsertMany(rows, { on: ['email'] }), {
    code: 'CHECK_VIOLATION',
    constraint: 'grown',
    message: /^Row 2: /,
    row: 2,
  })
  const lost = [user(5), { ...user(6), bossId: 77_777 }]
  await fails(() => db.users.upsertMany(lost, { on: ['email'] }), {
    code: 'FOREIGN_KEY_VIOLATION',
    columns: ['bossId'],
    row: 1,
  })
  await fails(() => db.users.upsertMany([user(5), { email: 6 }], { on: ['email'] }), { code: 'VALUE_INVALID', row: 1 })
  await fails(() => db.users.upsertMany([user(5), null], { on: ['email'] }), { code: 'VALUE_INVALID', row: 1 })
  await fails(() => db.users.upsertMany([user(5), { emial: 'a' }], { on: ['email'] }), {
    code: 'UNKNOWN_COLUMN',
    row: 1,
  })
  assert.deepEqual(await db.users.list({ select: ['email', 'name'] }), [{ email: 'u1', name: 'name 1' }])
})

test('upsertMany refuses a value other than a list, and columns without a unique key', async t => {
  const db = await database(t, models)
  const on = ['email']
  await fails(() => db.users.upsertMany(user(1), { on }), { code: 'QUERY_INVALID', hint: /upsertMany\(\[/ })
  await fails(() => db.users.upsertMany([user(1)]), { code: 'QUERY_INVALID', message: /on must name/ })
  await fails(() => db.users.upsertMany([user(1)], { on: ['name'] }), { code: 'QUERY_INVALID' })
  await fails(() => db.users.upsertMany([user(1)], { on, update: { emial: 'b' } }), { code: 'UNKNOWN_COLUMN' })
})

test('updateMany and deleteMany return the rows that they changed', async t => {
  const db = await database(t, models)
  await db.users.createMany([{ ...user(1), secret: 's' }, user(2), user(3)])
  const byId = rows => [...rows].sort((a, b) => a.id - b.id)
  const where = { email: { in: ['u1', 'u2'] } }
  const changed = await db.users.updateMany({ where, returning: true }, { name: 'new', secret: 't' })
  assert.deepEqual(byId(changed), await db.users.list({ where, orderBy: { id: 'asc' } }))
  assert.equal('secret' in changed[0], false)
  assert.equal(await db.users.updateMany({ where, returning: false }, { name: 'x' }), 2)
  assert.equal(await db.users.updateMany({ where, returning: undefined }, { name: 'y' }), 2)
  assert.deepEqual(await db.users.updateMany({ where: { email: 'none' }, returning: true }, { name: 'z' }), [])
  await db.transaction(async tx => {
    const all = await tx.users.updateMany({ all: true, returning: true }, { age: 33 })
    assert.deepEqual(byId(all), await tx.users.list({ orderBy: { id: 'asc' } }))
  })
  const gone = await db.users.list({ where, orderBy: { id: 'asc' } })
  assert.deepEqual(byId(await db.users.deleteMany({ where, returning: true })), gone)
  assert.deepEqual(emails(db.sync.users.deleteMany({ all: true, returning: true })), ['u3'])
  assert.deepEqual(await db.users.deleteMany({ all: true, returning: true }), [])
  assert.equal(await db.users.count(), 0)
})

test('hundreds of rows of all kinds come back from updateMany and deleteMany', async t => {
  const db = await database(t, models)
  const rows = Array.from({ length: 700 }, (_, n) => ({ place: n, data: { n, text: 'é日本'.repeat(n % 5) } }))
  await db.slots.createMany(rows)
  const changed = await db.slots.updateMany({ where: { place: { lt: 500 } }, returning: true }, { data: [null, 'x'] })
  assert.equal(changed.length, 500)
  const stored = await db.slots.list({ where: { place: { lt: 500 } } })
  assert.deepEqual(new Map(changed.map(row => [row.key, row])), new Map(stored.map(row => [row.key, row])))
  const deleted = await db.slots.deleteMany({ where: { place: { gte: 500 } }, returning: true })
  assert.deepEqual(new Set(deleted.map(row => row.data.n)), new Set(rows.slice(500).map(row => row.place)))
})

test('returning does not change which violations fail, nor what where requires', async t => {
  const db = await database(t, models)
  const [boss] = await db.users.createMany([user(1), user(2)])
  await db.users.create({ ...user(3), bossId: boss.id })
  await fails(() => db.users.deleteMany({ where: { email: 'u1' }, returning: true }), { code: 'FOREIGN_KEY_VIOLATION' })
  await fails(() => db.users.updateMany({ all: true, returning: true }, { age: 3 }), { code: 'CHECK_VIOLATION' })
  await fails(() => db.users.updateMany({ returning: true }, { age: 30 }), { code: 'WHERE_REQUIRED' })
  await fails(() => db.users.deleteMany({ where: {}, returning: true }), { code: 'WHERE_REQUIRED' })
  assert.equal(await db.users.count(), 3)
})
