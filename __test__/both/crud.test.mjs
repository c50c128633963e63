// The calls of a table, one after the other: what each writes, what it gives, and that blocking calls do the same.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema, unique } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'
import { here } from '../support/differences.mjs'

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      email: c.text().lowercase().unique(),
      name: c.text().nullable(),
      age: c.integer().default(18),
      secret: c.text().nullable().private(),
      updatedAt: c.timestamp().defaultNow().touch(),
    }),
    seats: model('seats', {
      row: c.text().primaryKey(),
      number: c.integer().primaryKey(),
      taken: c.boolean().default(false),
    }),
    prices: model('prices', { id: c.bigId(), item: c.text(), place: c.text(), amount: c.decimal(10, 2) }, t => [
      unique(t.item, t.place),
    ]),
    codes: model('codes', { code: c.text({ max: 4 }).primaryKey(), toString: c.text().nullable() }),
  },
  {},
)
const setUp = t => database(t, models)
const shown = { name: null, age: 18 }

test('create gives the row, its key and defaults among it, without private columns', async t => {
  const db = await setUp(t)
  const before = Date.now()
  const row = await db.users.create({ email: 'Ada@Example.com', secret: 'x' })
  const { updatedAt, ...rest } = row
  assert.deepEqual(rest, { id: 1, email: 'ada@example.com', ...shown })
  assert.ok(updatedAt.getTime() >= before && updatedAt.getTime() <= Date.now())
  assert.deepEqual(Object.keys(row), ['id', 'email', 'name', 'age', 'updatedAt'])
  assert.deepEqual(await db.users.get(1), row)
  assert.deepEqual(db.sync.users.get(1), row)
})

test('create takes the key when it is given, and numbers on from there', async t => {
  const db = await setUp(t)
  assert.equal((await db.users.create({ id: 41, email: 'a' })).id, 41)
  assert.equal((await db.users.create({ email: 'b' })).id, 42)
  assert.equal((await db.users.create({ id: -5, email: 'c' })).id, -5)
  assert.equal((await db.prices.create({ id: 2n ** 62n, item: 'a', place: 'b', amount: '1' })).id, 2n ** 62n)
  assert.equal((await db.prices.create({ item: 'b', place: 'b', amount: '1' })).id, 2n ** 62n + 1n)
})

test('a key of a deleted row is not given again', async t => {
  const db = await setUp(t)
  const { id } = await db.users.create({ email: 'a' })
  await db.users.delete(id)
  assert.equal((await db.users.create({ email: 'b' })).id, id + 1)
})

test('get gives null if the row does not exist', async t => {
  const db = await setUp(t)
  assert.equal(await db.users.get(1), null)
  assert.equal(db.sync.users.get(1), null)
  assert.equal(await db.seats.get({ row: 'A', number: 1 }), null)
  assert.equal(await db.codes.get('longer than the column'), null)
})

test('a composite key is an object, its properties in any order', async t => {
  const db = await setUp(t)
  const seat = await db.seats.create({ row: 'A', number: 1 })
  await db.seats.create({ row: 'A', number: 2 })
  assert.deepEqual(await db.seats.get({ number: 1, row: 'A' }), seat)
  assert.deepEqual(await db.seats.update({ row: 'A', number: 2 }, { taken: true }), {
    row: 'A',
    number: 2,
    taken: true,
  })
  await db.seats.delete({ row: 'A', number: 1 })
  assert.deepEqual(await db.seats.list(), [{ row: 'A', number: 2, taken: true }])
})

test('find gives the first row that matches', async t => {
  const db = await setUp(t)
  await db.users.createMany([
    { email: 'a', age: 1 },
    { email: 'b', age: 2 },
    { email: 'c', age: 2 },
  ])
  assert.equal((await db.users.find({ where: { age: 2 }, orderBy: { id: 'desc' } })).email, 'c')
  assert.equal((await db.users.find({ orderBy: { id: 'asc' }, offset: 1 })).email, 'b')
  assert.equal(await db.users.find({ where: { age: 3 } }), null)
})

test('count and exists', async t => {
  const db = await setUp(t)
  assert.equal(await db.users.count(), 0)
  assert.equal(await db.users.exists(), false)
  await db.users.createMany([
    { email: 'a', age: 1 },
    { email: 'b', age: 2 },
  ])
  assert.equal(await db.users.count(), 2)
  assert.equal(await db.users.count({ where: { age: { gt: 1 } } }), 1)
  assert.equal(await db.users.exists({ where: { age: 2 } }), true)
  assert.equal(await db.users.exists({ where: { age: 3 } }), false)
  assert.equal(db.sync.users.count({ where: {} }), 2)
})

test('createMany gives the rows in the order in which they were given', async t => {
  const db = await setUp(t)
  const given = Array.from({ length: 5000 }, (_, i) => ({ email: `u${i}`, age: i }))
  const rows = await db.users.createMany(given)
  assert.deepEqual(
    ids(rows),
    Array.from(given, (_, i) => i + 1),
  )
  assert.deepEqual(
    rows.map(r => r.age),
    given.map(r => r.age),
  )
  assert.deepEqual(await db.users.list({ orderBy: { id: 'asc' } }), rows)
  assert.deepEqual(await db.users.createMany([]), [])
})

test('createMany takes rows with and without a key', async t => {
  const db = await setUp(t)
  const rows = await db.users.createMany([
    { email: 'a' },
    { id: 10, email: 'b' },
    { email: 'c' },
    { id: 2, email: 'd' },
  ])
  assert.deepEqual(ids(rows), [1, 10, 11, 2])
  assert.deepEqual(
    rows.map(r => r.email),
    ['a', 'b', 'c', 'd'],
  )
})

test('createMany is all or nothing, and the error says which row', async t => {
  const db = await setUp(t)
  const rows = Array.from({ length: 5000 }, (_, i) => ({ email: `u${i}` }))
  rows[4567] = { email: 7 }
  await fails(() => db.users.createMany(rows), {
    code: 'VALUE_INVALID',
    row: 4567,
    message: /^Row 4567: users\.email: /,
  })
  rows[4567] = { email: 'u3' }
  await fails(() => db.users.createMany(rows), { code: 'UNIQUE_VIOLATION', table: 'users', columns: ['email'] })
  await fails(() => db.sync.users.createMany(rows), { code: 'UNIQUE_VIOLATION', table: 'users', columns: ['email'] })
  assert.equal(await db.users.count(), 0)
  rows[4567] = { email: 'other' }
  assert.equal((await db.users.createMany(rows)).length, 5000)
})

test('createMany reports progress, and what the report throws undoes the rows', async t => {
  const db = await setUp(t)
  const rows = n => Array.from({ length: n }, (_, i) => ({ email: `${n}-${i}` }))
  const seen = []
  await db.users.createMany(rows(5000), { onProgress: (done, total) => seen.push([done, total]) })
  assert.deepEqual(seen.at(-1), [5000, 5000])
  assert.ok(seen.length > 1 && seen.every(([done], i) => i === 0 || done > seen[i - 1][0]))
  for (const n of [3, 4500]) {
    const stop = () => {
      throw new Error('enough')
    }
    await assert.rejects(() => db.users.createMany(rows(n), { onProgress: stop }), /enough/)
    assert.throws(() => db.sync.users.createMany(rows(n), { onProgress: stop }), /enough/)
    assert.equal(await db.users.count(), 5000)
  }
})

test('update changes what is given and gives the row', async t => {
  const db = await setUp(t)
  const made = await db.users.create({ email: 'a', name: 'Ada', age: 30 })
  const row = await db.users.update(made.id, { name: null, age: undefined })
  assert.deepEqual({ ...row, updatedAt: 0 }, { ...made, name: null, updatedAt: 0 })
  assert.deepEqual(await db.users.get(made.id), row)
  assert.deepEqual(db.sync.users.update(made.id, { age: 31 }).age, 31)
})

test('every update touches, unless it says otherwise', async t => {
  const db = await setUp(t)
  const old = new Date('2020-01-01T00:00:00.000Z')
  const fresh = row => assert.ok(Date.now() - row.updatedAt.getTime() < 60_000)
  const { id } = await db.users.create({ email: 'a', updatedAt: old })
  assert.deepEqual((await db.users.get(id)).updatedAt, old)
  fresh(await db.users.update(id, { age: 1 }))
  assert.deepEqual((await db.users.update(id, { updatedAt: old })).updatedAt, old)
  await db.users.updateMany({ where: { id } }, { age: 2 })
  fresh(await db.users.get(id))
  await db.users.update(id, { updatedAt: old })
  fresh(await db.users.upsert({ email: 'a', age: 3 }, { on: ['email'] }))
})

test('an update may change the key', async t => {
  const db = await setUp(t)
  await db.seats.create({ row: 'A', number: 1 })
  assert.deepEqual(await db.seats.update({ row: 'A', number: 1 }, { number: 2 }), { row: 'A', number: 2, taken: false })
  assert.equal(await db.seats.get({ row: 'A', number: 1 }), null)
  const { id } = await db.users.create({ email: 'a' })
  assert.equal((await db.users.update(id, { id: 77 })).id, 77)
})

test('an update of nothing gives the row as it is', async t => {
  const db = await setUp(t)
  const seat = await db.seats.create({ row: 'A', number: 1 })
  assert.deepEqual(await db.seats.update({ row: 'A', number: 1 }, {}), seat)
  await fails(() => db.seats.update({ row: 'B', number: 1 }, {}), { code: 'NOT_FOUND', table: 'seats' })
})

test('an updateMany of nothing gives the rows as they are, or their number', async t => {
  const db = await setUp(t)
  const seat = await db.seats.create({ row: 'A', number: 1 })
  await db.seats.create({ row: 'B', number: 1 })
  const where = { row: 'A' }
  assert.equal(await db.seats.updateMany({ where }, {}), 1)
  assert.equal(await db.seats.updateMany({ all: true }, { taken: undefined }), 2)
  assert.deepEqual(await db.seats.updateMany({ where, returning: true }, {}), [seat])
  assert.equal(db.sync.seats.updateMany({ where: { row: 'C' } }, {}), 0)
  await fails(() => db.seats.updateMany({}, {}), { code: 'WHERE_REQUIRED', table: 'seats' })
  await fails(() => db.seats.updateMany({ where, returning: 1 }, {}), { code: 'QUERY_INVALID', table: 'seats' })
})

test('updateMany and deleteMany give how many rows they met', async t => {
  const db = await setUp(t)
  await db.users.createMany([
    { email: 'a', age: 1 },
    { email: 'b', age: 2 },
    { email: 'c', age: 2 },
  ])
  assert.equal(await db.users.updateMany({ where: { age: 2 } }, { name: 'two' }), 2)
  assert.equal(await db.users.updateMany({ where: { age: 9 } }, { name: 'nine' }), 0)
  assert.deepEqual(
    (await db.users.list({ orderBy: { id: 'asc' } })).map(u => u.name),
    [null, 'two', 'two'],
  )
  assert.equal(await db.users.deleteMany({ where: { name: null } }), 1)
  assert.equal(await db.users.updateMany({ all: true }, { age: 5 }), 2)
  assert.equal(db.sync.users.deleteMany({ all: true }), 2)
  assert.equal(await db.users.deleteMany({ all: true }), 0)
})

test('a filter that matches nothing by its form changes nothing', async t => {
  const db = await setUp(t)
  await db.users.create({ email: 'a' })
  for (const where of [{ or: [] }, { not: {} }, { id: { in: [] } }, { and: [{ or: [] }, {}] }]) {
    assert.equal(await db.users.updateMany({ where }, { age: 1 }), 0)
    assert.equal(await db.users.deleteMany({ where }), 0)
  }
  assert.equal(await db.users.deleteMany({ where: { id: { notIn: [] } } }), 1)
})

test('delete removes the row and gives nothing', async t => {
  const db = await setUp(t)
  const { id } = await db.users.create({ email: 'a' })
  assert.equal(await db.users.delete(id), undefined)
  assert.equal(await db.users.get(id), null)
  await fails(() => db.users.delete(id), { code: 'NOT_FOUND', table: 'users', columns: ['id'] })
  await fails(() => db.sync.users.delete(id), { code: 'NOT_FOUND' })
})

test('upsert inserts, then changes the existing row', async t => {
  const db = await setUp(t)
  const made = await db.users.upsert({ email: 'A', name: 'Ada', age: 1 }, { on: ['email'] })
  assert.deepEqual({ ...made, updatedAt: 0 }, { id: 1, email: 'a', name: 'Ada', age: 1, updatedAt: 0 })
  const changed = await db.users.upsert({ email: 'a', name: 'Bea' }, { on: ['email'] })
  assert.deepEqual({ ...changed, updatedAt: 0 }, { id: 1, email: 'a', name: 'Bea', age: 1, updatedAt: 0 })
  const other = await db.users.upsert({ email: 'a', name: 'unused' }, { on: ['email'], update: { age: 40 } })
  assert.deepEqual({ ...other, updatedAt: 0 }, { id: 1, email: 'a', name: 'Bea', age: 40, updatedAt: 0 })
  assert.deepEqual(await db.users.get(1), other)
  assert.equal(db.sync.users.upsert({ email: 'b' }, { on: ['email'] }).email, 'b')
  assert.equal(await db.users.count(), 2)
})

test('upsert by a composite unique and by the key', async t => {
  const db = await setUp(t)
  const price = { item: 'tea', place: 'Rome', amount: '2.50' }
  const made = await db.prices.upsert(price, { on: ['place', 'item'] })
  const again = await db.prices.upsert({ ...price, amount: '3' }, { on: ['item', 'place'] })
  assert.deepEqual(again, { ...made, amount: '3.00' })
  await db.prices.upsert({ ...price, place: 'Oslo' }, { on: ['item', 'place'] })
  assert.equal(await db.prices.count(), 2)
  const seat = { row: 'A', number: 1 }
  await db.seats.upsert(seat, { on: ['row', 'number'] })
  assert.deepEqual(await db.seats.upsert(seat, { on: ['row', 'number'] }), { ...seat, taken: false })
  assert.deepEqual(await db.seats.upsert({ ...seat, taken: true }, { on: ['row', 'number'] }), { ...seat, taken: true })
  assert.deepEqual(await db.seats.upsert(seat, { on: ['row', 'number'], update: {} }), { ...seat, taken: true })
})

test('a column may have the name of what every object inherits', async t => {
  const db = await setUp(t)
  assert.deepEqual(await db.codes.create({ code: 'a' }), { code: 'a', toString: null })
  assert.deepEqual(await db.codes.update('a', { code: 'b' }), { code: 'b', toString: null })
  assert.deepEqual(await db.codes.update('b', { toString: 'x' }), { code: 'b', toString: 'x' })
  assert.deepEqual(await db.codes.list({ where: { toString: 'x' } }), [{ code: 'b', toString: 'x' }])
})

test('values are taken when the call is made', async t => {
  const db = await setUp(t)
  const values = { email: 'before' }
  const where = { email: 'before' }
  const made = db.users.create(values)
  values.email = 'after'
  assert.equal((await made).email, 'before')
  const found = db.users.find({ where })
  where.email = 'after'
  assert.equal((await found).email, 'before')
})

test('values are taken when the call is made, though it waits for a savepoint', async t => {
  const db = await setUp(t)
  await db.transaction(async tx => {
    const running = tx.transaction(inner => inner.users.create({ email: 'inner' }))
    const row = { email: 'first', age: 1 }
    const given = Array.from({ length: 150 }, (_, i) => ({ email: `many${i}`, name: 'é' }))
    const waiting = [tx.users.create(row), tx.users.createMany(given), tx.users.upsert(row, { on: ['email'] })]
    const late = fails(() => tx.users.create({ email: 5 }), { code: 'VALUE_INVALID' })
    row.age = 2
    for (const one of given) one.email = 'same'
    await running
    const [one, many, upserted] = await Promise.all(waiting)
    assert.deepEqual([one.age, upserted.age, many[149].email], [1, 1, 'many149'])
    await late
  })
  assert.equal(await db.users.count(), 152)
  assert.equal((await db.users.find({ where: { email: 'many77' } })).name, 'é')
})

test('a getter among the values that makes a call cannot spoil them', async t => {
  const db = await setUp(t)
  const nested = []
  const row = {
    email: 'outer',
    get name() {
      nested.push(db.users.create({ email: 'inner' }).catch(error => error.code))
      return 'Ada'
    },
  }
  const rows = Array.from({ length: 200 }, (_, i) => (i === 150 ? row : { email: `m${i}` }))
  assert.equal((await db.users.createMany(rows)).length, 200)
  assert.deepEqual(await Promise.all(nested), ['QUERY_INVALID'])
  assert.equal(await db.users.count(), 200)
  assert.equal((await db.users.find({ where: { email: 'outer' } })).name, 'Ada')
})

test('sql binds its values and gives rows as the database has them', async t => {
  const db = await setUp(t)
  const user = await db.users.create({ email: 'a', name: "O'Hara" })
  const text = "x'); DROP TABLE users; --"
  assert.deepEqual(
    await db.sql`SELECT ${text} AS t, ${null} AS n, CAST(${true} AS BOOLEAN) AS b, CAST(${2n ** 63n - 1n} AS BIGINT) AS big,
      CAST(${1.5} AS DOUBLE PRECISION) AS r`,
    [{ t: text, n: null, b: here('rawTrue'), big: 2n ** 63n - 1n, r: 1.5 }],
  )
  assert.deepEqual(await db.sql`SELECT ${1.5} AS r`, [{ r: here('rawValuesKeepTheirKind') ? 1.5 : '1.5' }])
  assert.deepEqual(await db.sql`SELECT name, updated_at FROM users WHERE name = ${"O'Hara"}`, [
    { name: "O'Hara", updated_at: user.updatedAt },
  ])
  assert.deepEqual(
    db.sync.sql`SELECT ${Uint8Array.of(0, 255)} AS b, ${user.updatedAt} = updated_at AS same FROM users`,
    [{ b: here('rawValuesKeepTheirKind') ? Uint8Array.of(0, 255) : '\\x00ff', same: here('rawTrue') }],
  )
  assert.deepEqual(await db.sql`INSERT INTO users (email) VALUES (${'b'}) RETURNING id, age`, [{ id: 2, age: 18 }])
  assert.deepEqual(await db.sql`DELETE FROM users`, [])
  assert.deepEqual(await db.sql`SELECT 1 AS "__proto__"`, [Object.fromEntries([['__proto__', 1]])])
})

test('models given as JSON are those of the moment of open(), whatever is changed afterwards', async t => {
  const given = JSON.parse(JSON.stringify(schema({ notes: model('notes', { id: c.id(), text: c.text() }) }).toJSON()))
  const db = await database(t, given)
  given.models[0].columns.length = 0
  given.models.length = 0
  assert.deepEqual(await db.notes.create({ text: 'a' }), { id: 1, text: 'a' })
  assert.deepEqual(await db.notes.list(), [{ id: 1, text: 'a' }])
})

test('the JSON of a schema cannot be changed', () => {
  const json = schema({ notes: model('notes', { id: c.id(), tags: c.json().default(['a']) }) }).toJSON()
  for (const part of [
    json,
    json.models,
    json.models[0],
    json.models[0].columns[1],
    json.models[0].columns[1].default.value,
  ])
    assert.ok(Object.isFrozen(part))
})
