// Counts, sums, averages, least and greatest values: for all rows and by group, to the edges of each kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'

const models = schema(
  {
    users: model('users', { id: c.id(), name: c.text() }),
    tasks: model('tasks', {
      id: c.id(),
      status: c.enum('task_status', ['queued', 'running', 'done']).nullable(),
      title: c.text().name('task_title').nullable(),
      points: c.integer().nullable(),
      small: c.int32().nullable(),
      big: c.bigint().nullable(),
      price: c.decimal(18, 2).nullable(),
      score: c.real().nullable(),
      flag: c.boolean().nullable(),
      key: c.uuid().nullable(),
      at: c.timestamp().nullable(),
      day: c.date().nullable(),
      data: c.json().nullable(),
      raw: c.bytes().nullable(),
      secret: c.integer().nullable().private(),
      count: c.integer().nullable(),
      ownerId: c.integer().nullable().references('users.id'),
    }),
    many: model('many', { id: c.bigId(), n: c.bigint() }),
  },
  { tasks: r => ({ owner: r.one('users', 'ownerId') }) },
)

/** A database with these tasks. */
async function tasks(t, rows) {
  const db = await database(t, models)
  await db.tasks.createMany(rows)
  return db
}

const some = [
  { status: 'queued', title: 'b', points: 1 },
  { status: 'queued', title: 'a', points: 4 },
  { status: 'done', title: 'c', points: null },
  { status: null, title: null, points: 7 },
]

test('one object for all rows, with what was asked for and nothing else', async t => {
  const db = await tasks(t, some)
  assert.deepEqual(await db.tasks.aggregate({ count: true }), { count: 4 })
  assert.deepEqual(await db.tasks.aggregate({ sum: ['points'], max: ['title', 'points'] }), {
    sum: { points: 12 },
    max: { title: 'c', points: 7 },
  })
  const where = { status: { in: ['queued', 'done'] } }
  const query = { where, count: true, countDistinct: ['status', 'title'], avg: ['points'], min: ['title', 'points'] }
  const expected = {
    count: 3,
    countDistinct: { status: 2, title: 3 },
    avg: { points: 2.5 },
    min: { title: 'a', points: 1 },
  }
  assert.deepEqual(await db.tasks.aggregate(query), expected)
  assert.deepEqual(Object.keys(await db.tasks.aggregate(query)), Object.keys(expected))
  assert.deepEqual(db.sync.tasks.aggregate(query), expected)
  // Asked for twice is asked for once.
  assert.deepEqual(await db.tasks.aggregate({ sum: ['points', 'points'] }), { sum: { points: 12 } })
})

test('by group, in the order of the groups by default', async t => {
  const db = await tasks(t, some)
  const by = options => db.tasks.aggregate({ groupBy: ['status'], count: true, sum: ['points'], ...options })
  const none = { status: null, count: 1, sum: { points: 7 } }
  const done = { status: 'done', count: 1, sum: { points: null } }
  const queued = { status: 'queued', count: 2, sum: { points: 5 } }
  assert.deepEqual(await by(), [none, done, queued])
  assert.deepEqual(await by({ orderBy: { status: 'desc' } }), [queued, done, none])
  assert.deepEqual(await by({ orderBy: { status: { direction: 'asc', nulls: 'last' } } }), [done, queued, none])
  assert.deepEqual(await by({ orderBy: { count: 'desc' } }), [queued, none, done])
  assert.deepEqual(await by({ orderBy: [{ count: 'asc' }, { status: 'desc' }] }), [done, none, queued])
  assert.deepEqual(await by({ orderBy: { sum: { points: 'desc' } } }), [none, queued, done])
  assert.deepEqual(await by({ orderBy: { sum: { points: 'asc' } } }), [done, queued, none])
  const last = { direction: 'asc', nulls: 'last' }
  assert.deepEqual(await by({ orderBy: { sum: { points: last } } }), [queued, none, done])
  // By what was not asked for.
  for (const name of ['avg', 'min', 'max'])
    assert.deepEqual(await by({ orderBy: { [name]: { points: 'desc' } } }), [none, queued, done])
  assert.deepEqual(await by({ orderBy: { countDistinct: { title: 'asc' } } }), [none, done, queued])
  assert.deepEqual(await by({ limit: 2 }), [none, done])
  assert.deepEqual(await by({ limit: 1, offset: 1 }), [done])
  assert.deepEqual(await by({ offset: 2 }), [queued])
  assert.deepEqual(await by({ limit: 0 }), [])
  assert.deepEqual(await by({ where: { status: 'queued' } }), [queued])
  assert.deepEqual(
    await db.tasks.aggregate({ groupBy: ['title'] }),
    [null, 'a', 'b', 'c'].map(title => ({ title })),
  )
  assert.deepEqual(await db.tasks.aggregate({ groupBy: ['status', 'points'], where: { status: 'queued' } }), [
    { status: 'queued', points: 1 },
    { status: 'queued', points: 4 },
  ])
})

test('having: conditions on groups, and, or, not', async t => {
  const db = await tasks(t, some)
  const having = async given =>
    (await db.tasks.aggregate({ groupBy: ['status'], having: given })).map(group => group.status)
  assert.deepEqual(await having({}), [null, 'done', 'queued'])
  assert.deepEqual(await having({ count: 2 }), ['queued'])
  assert.deepEqual(await having({ count: { ne: 2 } }), [null, 'done'])
  assert.deepEqual(await having({ count: { in: [2, 3] } }), ['queued'])
  assert.deepEqual(await having({ sum: { points: { gte: 5, lt: 7 } } }), ['queued'])
  // NULL has two answers here too.
  assert.deepEqual(await having({ sum: { points: null } }), ['done'])
  assert.deepEqual(await having({ sum: { points: { ne: 5 } } }), [null, 'done'])
  assert.deepEqual(await having({ not: { sum: { points: { gt: 5 } } } }), ['done', 'queued'])
  assert.deepEqual(await having({ avg: { points: 2.5 } }), ['queued'])
  assert.deepEqual(await having({ avg: { points: { in: [2.5, 7] } } }), [null, 'queued'])
  assert.deepEqual(await having({ min: { title: 'a' }, max: { title: { startsWith: 'b' } } }), ['queued'])
  assert.deepEqual(await having({ max: { title: { like: '_' } } }), ['done', 'queued'])
  assert.deepEqual(await having({ countDistinct: { title: 0 } }), [null])
  assert.deepEqual(await having({ or: [{ count: 2 }, { sum: { points: 7 } }] }), [null, 'queued'])
  assert.deepEqual(await having({ and: [{ count: { gt: 0 } }, { max: { points: { ne: null } } }] }), [null, 'queued'])
  assert.deepEqual(await having({ or: [] }), [])
  assert.deepEqual(await having({ and: [] }), [null, 'done', 'queued'])
  assert.deepEqual(await having({ not: { or: [{ count: 1 }, { count: 3 }] } }), ['queued'])
  // Values of where, having, limit and offset keep to their places.
  const query = { groupBy: ['title'], where: { points: { gt: 0 } }, having: { sum: { points: { lt: 7 } } } }
  assert.deepEqual(await db.tasks.aggregate({ ...query, limit: 1, offset: 1 }), [{ title: 'b' }])
})

test('no rows: zero, null and no groups', async t => {
  const db = await database(t, models)
  const asked = { countDistinct: ['key', 'flag'], sum: ['points', 'big', 'price', 'score'], avg: ['points', 'price'] }
  const query = { count: true, ...asked, min: ['title', 'at'], max: ['day', 'small'] }
  const none = {
    count: 0,
    countDistinct: { key: 0, flag: 0 },
    sum: { points: null, big: null, price: null, score: null },
    avg: { points: null, price: null },
    min: { title: null, at: null },
    max: { day: null, small: null },
  }
  assert.deepEqual(await db.tasks.aggregate(query), none)
  assert.deepEqual(await db.tasks.aggregate({ ...query, groupBy: ['status'] }), [])
  await db.tasks.createMany([{}, {}])
  assert.deepEqual(await db.tasks.aggregate(query), { ...none, count: 2 })
  assert.deepEqual(await db.tasks.aggregate({ ...query, groupBy: ['flag'] }), [{ flag: null, ...none, count: 2 }])
})

test('every kind: groups, least and greatest values, how many different ones', async t => {
  const uuid = n => `00000000-0000-4000-8000-00000000000${n}`
  const at = n => new Date(Date.UTC(2026, 0, n, 1, 2, 3, n))
  const low = {
    title: 'B',
    points: -5,
    small: -(2 ** 31),
    big: -(2n ** 63n),
    price: '-9999999999999999.99',
    score: -1e300,
  }
  const high = {
    title: 'é',
    points: 2 ** 53 - 1,
    small: 2 ** 31 - 1,
    big: 2n ** 63n - 1n,
    price: '9999999999999999.99',
  }
  const one = { ...low, status: 'done', flag: false, key: uuid(1), at: at(1), day: '0001-01-01' }
  const two = { ...high, score: 5e-324, status: 'queued', flag: true, key: uuid(2), at: at(2), day: '9999-12-31' }
  const db = await tasks(t, [two, one, {}, two])
  const ordered = [...Object.keys(low), 'at', 'day']
  const pick = (row, names) => Object.fromEntries(names.map(name => [name, row[name]]))
  const found = await db.tasks.aggregate({ min: ordered, max: ordered, countDistinct: Object.keys(one) })
  assert.deepStrictEqual(found.min, pick(one, ordered))
  assert.deepStrictEqual(found.max, pick(two, ordered))
  for (const name of Object.keys(one)) {
    assert.equal(found.countDistinct[name], 2, name)
    const groups = await db.tasks.aggregate({ groupBy: [name], count: true })
    const expected = [null, one[name], two[name]].map((value, i) => ({ [name]: value, count: i === 2 ? 2 : 1 }))
    assert.deepStrictEqual(groups, expected)
  }
})

test('sums of whole numbers are exact in every order, and an error where a number would not be', async t => {
  const most = Number.MAX_SAFE_INTEGER
  const db = await tasks(t, [
    { points: most },
    { points: most },
    { points: -most },
    { small: 2 ** 31 - 1 },
    { small: 2 ** 31 - 1 },
  ])
  const sum = where => db.tasks.aggregate({ where, sum: ['points', 'small'] })
  assert.deepEqual(await sum({}), { sum: { points: most, small: 2 ** 32 - 2 } })
  const refused = { code: 'OUT_OF_RANGE', table: 'tasks', columns: ['points'], expected: /2\^53/, hint: /c\.bigint/ }
  await fails(() => sum({ points: { gt: 0 } }), refused)
  await fails(
    async () => db.sync.tasks.aggregate({ groupBy: ['status'], where: { points: { gt: 0 } }, sum: ['points'] }),
    refused,
  )
  // What is not given back may be of any size.
  const groups = await db.tasks.aggregate({
    groupBy: ['small'],
    where: { points: { gt: 0 } },
    having: { sum: { points: { gt: most } } },
  })
  assert.deepEqual(groups, [{ small: null }])
  const { avg } = await db.tasks.aggregate({ where: { points: { gt: 0 } }, avg: ['points'] })
  assert.equal(avg.points, most)
})

test('sums of bigints are bigints, beyond 64 bits too', async t => {
  const db = await database(t, models)
  const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
  // On the way the sum leaves 64 bits, at the end it is within.
  await db.many.createMany([most, most, least, least, 5n].map(n => ({ n })))
  const sum = async where => (await db.many.aggregate({ where, sum: ['n'] })).sum.n
  assert.equal(await sum({}), 3n)
  assert.equal(await sum({ n: { gt: 0n } }), 2n * most + 5n)
  assert.equal(await sum({ n: { lt: 0n } }), 2n * least)
  assert.equal((await db.many.aggregate({ sum: ['id'] })).sum.id, 15n)
  const having = async given =>
    (await db.many.aggregate({ groupBy: ['n'], having: { sum: { n: given } } })).map(row => row.n)
  assert.deepEqual(await having({ gt: most }), [most])
  assert.deepEqual(await having({ lte: least }), [least])
  assert.deepEqual(await having({ eq: 2n * 5n }), [])
  assert.equal((await db.many.aggregate({ where: { n: { gt: 0n } }, avg: ['n'] })).avg.n, Number(2n * most + 5n) / 3)
})

test('sums of decimals keep every digit', async t => {
  const most = '9999999999999999.99'
  const db = await tasks(t, [
    { price: '0.10', title: 'a' },
    { price: '0.20', title: 'a' },
    { price: '-0.35', title: 'b' },
  ])
  const sum = async where => (await db.tasks.aggregate({ where, sum: ['price'] })).sum.price
  assert.equal(await sum({}), '-0.05')
  assert.equal(await sum({ title: 'a' }), '0.30')
  assert.equal((await db.tasks.aggregate({ avg: ['price'] })).avg.price, -0.05 / 3)
  const groups = given => db.tasks.aggregate({ groupBy: ['title'], sum: ['price'], ...given })
  const a = { title: 'a', sum: { price: '0.30' } }
  assert.deepEqual(await groups({ having: { sum: { price: '0.3' } } }), [a])
  assert.deepEqual(await groups({ having: { sum: { price: { in: ['0.30', '7.00'] } } } }), [a])
  assert.deepEqual(await groups({ orderBy: { sum: { price: 'desc' } }, limit: 1 }), [a])
  assert.deepEqual(await groups({ having: { avg: { price: { gt: 0.1, lt: 0.2 } } } }), [a])
  await db.tasks.createMany(Array.from({ length: 100 }, () => ({ price: most, title: 'c' })))
  assert.equal(await sum({ title: 'c' }), '999999999999999999.00')
  await db.tasks.createMany(Array.from({ length: 900 }, () => ({ price: `-${most}`, title: 'd' })))
  assert.equal(await sum({ title: 'd' }), '-8999999999999999991.00')
})

test('sums of reals are finite, or an error', async t => {
  const most = Number.MAX_VALUE
  const db = await tasks(t, [{ score: -0 }, { score: 0.1 }, { score: 0.2 }, { score: 5e-324, title: 'tiny' }])
  const one = given => db.tasks.aggregate({ sum: ['score'], avg: ['score'], ...given })
  assert.deepStrictEqual(await one({ where: { score: 0 } }), { sum: { score: 0 }, avg: { score: 0 } })
  assert.deepStrictEqual(await one({ where: { score: { gte: 0.1 } } }), {
    sum: { score: 0.1 + 0.2 },
    avg: { score: (0.1 + 0.2) / 2 },
  })
  assert.deepStrictEqual((await one({ where: { title: 'tiny' } })).sum, { score: 5e-324 })
  await db.tasks.createMany([
    { score: most, title: 'x' },
    { score: most, title: 'x' },
  ])
  const refused = { code: 'OUT_OF_RANGE', table: 'tasks', expected: 'a finite number' }
  await fails(() => one({ where: { title: 'x' } }), refused)
  await fails(() => one({ groupBy: ['title'] }), refused)
  await fails(() => db.tasks.aggregate({ groupBy: ['title'], orderBy: { avg: { score: 'asc' } } }), refused)
  // The database goes on.
  assert.deepEqual(await db.tasks.aggregate({ count: true }), { count: 6 })
})

test('where follows relations', async t => {
  const db = await database(t, models)
  await db.users.createMany([{ name: 'ada' }, { name: 'bob' }])
  await db.tasks.createMany([
    { ownerId: 1, points: 1 },
    { ownerId: 1, points: 2 },
    { ownerId: 2, points: 4 },
    { points: 8 },
  ])
  const where = { owner: { is: { name: 'ada' } } }
  assert.deepEqual(await db.tasks.aggregate({ where, sum: ['points'] }), { sum: { points: 3 } })
  const groups = await db.tasks.aggregate({ where: { not: where }, groupBy: ['ownerId'], sum: ['points'] })
  assert.deepEqual(groups, [
    { ownerId: null, sum: { points: 8 } },
    { ownerId: 2, sum: { points: 4 } },
  ])
})

test('in transactions and sessions; private columns where they are named', async t => {
  const db = await tasks(t, [{ secret: 1 }, { secret: 2 }])
  await db.transaction(async tx => {
    await tx.tasks.create({ secret: 5 })
    assert.deepEqual(await tx.tasks.aggregate({ sum: ['secret'] }), { sum: { secret: 8 } })
  })
  const session = db.session()
  await session.tasks.deleteMany({ where: { secret: 5 } })
  assert.deepEqual(await session.tasks.aggregate({ groupBy: ['secret'] }), [{ secret: 1 }, { secret: 2 }])
  await session.close()
  assert.deepEqual(await db.tasks.aggregate({ max: ['secret'] }), { max: { secret: 5 } })
})

test('signal and timeout', async t => {
  const db = await database(t, models)
  await fails(() => db.tasks.aggregate({ count: true, signal: AbortSignal.abort() }), { code: 'ABORTED' })
  await fails(() => db.tasks.aggregate({ count: true, timeout: '1' }), { code: 'QUERY_INVALID' })
  assert.deepEqual(await db.tasks.aggregate({ count: true, timeout: 60_000 }), { count: 0 })
})

test('a group called like a measure has to be renamed; a measure of it need not', async t => {
  const db = await tasks(t, [{ count: 3 }])
  await fails(() => db.tasks.aggregate({ groupBy: ['count'] }), { code: 'QUERY_INVALID', hint: /\.name\(\)/ })
  assert.deepEqual(await db.tasks.aggregate({ count: true, sum: ['count'] }), { count: 1, sum: { count: 3 } })
})

test('what is wrong is an error that says where', async t => {
  const db = await tasks(t, some)
  const bad = async (query, fields) => {
    await fails(() => db.tasks.aggregate(query), { table: 'tasks', ...fields })
    await fails(async () => db.sync.tasks.aggregate(query), { table: 'tasks', ...fields })
  }
  const invalid = { code: 'QUERY_INVALID' }
  for (const query of [
    undefined,
    {},
    { where: {} },
    null,
    1,
    [],
    'count',
    { count: false },
    { count: 1 },
    { count: 'x' },
  ])
    await bad(query, invalid)
  for (const names of [[], 'points', {}, null, true, [1], [null], [undefined]]) {
    for (const name of ['groupBy', 'countDistinct', 'sum', 'avg', 'min', 'max']) await bad({ [name]: names }, invalid)
  }
  for (const name of ['groupBy', 'countDistinct', 'sum', 'avg', 'min', 'max']) {
    await bad({ [name]: ['nope'] }, { code: 'UNKNOWN_COLUMN', columns: ['nope'] })
    await bad({ [name]: ['points"); DROP TABLE tasks; --'] }, { code: 'UNKNOWN_COLUMN' })
    await bad(
      { [name]: ['data'] },
      { code: 'QUERY_INVALID', columns: ['data'], expected: /number|JSON/, found: 'json' },
    )
    await bad({ [name]: ['raw'] }, { code: 'QUERY_INVALID', columns: ['raw'] })
  }
  for (const name of ['sum', 'avg']) {
    for (const column of ['title', 'status', 'flag', 'key', 'at', 'day']) await bad({ [name]: [column] }, invalid)
  }
  for (const column of ['status', 'flag', 'key']) await bad({ min: [column] }, invalid)
  await bad({ total: true }, { code: 'UNKNOWN_OPTION', hint: /groupBy/ })
  for (const only of [{ having: {} }, { orderBy: {} }, { limit: 1 }, { offset: 1 }])
    await bad({ count: true, ...only }, invalid)

  const group = given => ({ groupBy: ['status'], ...given })
  for (const limit of [-1, 1.5, '1', null, Number.NaN, 2 ** 53]) await bad(group({ limit }), invalid)
  for (const having of [
    null,
    1,
    'count > 1',
    [],
    { sum: 5 },
    { sum: null },
    { sum: undefined },
    { or: {} },
    { and: 1 },
    { not: [] },
  ])
    await bad(group({ having }), invalid)
  await bad(group({ having: { status: 'done' } }), { code: 'UNKNOWN_OPTION', hint: /where/ })
  await bad(group({ having: { 'count(*)': 1 } }), { code: 'UNKNOWN_OPTION' })
  await bad(group({ having: { sum: { title: 'x' } } }), invalid)
  await bad(group({ having: { sum: { nope: 1 } } }), { code: 'UNKNOWN_COLUMN' })
  await bad(group({ having: { count: { like: '1' } } }), { code: 'UNKNOWN_OPERATOR' })
  await bad(group({ having: { count: {} } }), invalid)
  for (const value of [undefined, null, '1', 1n, 1.5, Number.NaN, true, [1], '1; DROP TABLE tasks'])
    await bad(group({ having: { count: { gt: value } } }), { code: 'VALUE_INVALID', columns: ['count'] })
  await bad(group({ having: { count: undefined } }), { code: 'VALUE_INVALID' })
  await bad(group({ having: { sum: { big: 1 } } }), { code: 'VALUE_INVALID' })
  await bad(group({ having: { sum: { price: 1 } } }), { code: 'VALUE_INVALID' })
  await bad(group({ having: { sum: { secret: 'hush' } } }), { code: 'VALUE_INVALID', found: 'a string' })
  await bad(group({ having: { avg: { points: Number.POSITIVE_INFINITY } } }), { code: 'VALUE_INVALID' })

  for (const orderBy of [
    null,
    1,
    'count',
    ['count'],
    { count: 'up' },
    { count: 1 },
    { sum: 'asc' },
    { sum: { points: 'x' } },
  ])
    await bad(group({ orderBy }), invalid)
  await bad(group({ orderBy: { title: 'asc' } }), { code: 'QUERY_INVALID', hint: /status/ })
  await bad(group({ orderBy: { nope: 'asc' } }), { code: 'UNKNOWN_COLUMN' })
  await bad(group({ orderBy: { sum: { title: 'asc' } } }), invalid)
  await bad(group({ orderBy: { 'count(*)': 'asc' } }), { code: 'UNKNOWN_COLUMN' })

  let deep = { count: 1 }
  for (let i = 0; i < 200; i++) deep = { not: deep }
  await bad(group({ having: deep }), invalid)
  assert.equal(await db.tasks.count(), 4)
})

test('a stored value that is no number is an error, never left out', async t => {
  const db = await tasks(t, [{ points: 1 }])
  // Only SQLite holds a word in a column of numbers.
  const stored = await raw(db, "UPDATE tasks SET points = 'many'").catch(() => undefined)
  if (stored) await fails(() => db.tasks.aggregate({ sum: ['points'] }), { code: 'SQL_FAILED' })
})
