// Defaults: the same whether Plinth or the database puts them; and what Plinth makes by itself: UUIDs, moments, lower case.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, jsonNull, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const defaults = {
  integer: [c.integer(), -9007199254740991],
  int32: [c.int32(), -2147483648],
  bigint: [c.bigint(), -(2n ** 63n)],
  real: [c.real(), 0.1 + 0.2],
  tiny: [c.real(), 5e-324],
  huge: [c.real(), Number.MAX_VALUE],
  whole: [c.real(), 3],
  negativeZero: [c.real(), -0],
  decimal: [c.decimal(18, 6), '-123456789012.000001'],
  text: [c.text(), `it's "quoted" \\ -- ; 日本 😀\n`],
  empty: [c.text(), ''],
  lower: [c.text().lowercase(), 'ünï'],
  yes: [c.boolean(), true],
  no: [c.boolean(), false],
  uuid: [c.uuid(), '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'],
  timestamp: [c.timestamp(), new Date('0001-01-01T00:00:00.001Z')],
  date: [c.date(), '9999-12-31'],
  json: [c.json(), { a: [1, null, "it's"], b: { c: -1.5e300 } }],
  jsonText: [c.json(), "o'"],
  jsonNull: [c.json(), jsonNull],
  bytes: [c.bytes(), Uint8Array.of(0, 39, 255)],
  noBytes: [c.bytes(), Uint8Array.of()],
  enum: [c.enum('e', ["it's", 'b']), "it's"],
}
const names = Object.keys(defaults)
const columns = Object.fromEntries(names.map(name => [name, defaults[name][0].default(defaults[name][1])]))
const expected = Object.fromEntries(names.map(name => [name, defaults[name][1]]))

test('a default is the same through create, createMany, upsert and in the database itself', async t => {
  const models = schema({ things: model('things', { id: c.id(), n: c.integer().unique(), ...columns }) })
  const db = await database(t, models)
  const { id: _, n: __, ...created } = await db.things.create({ n: 0 })
  assert.deepStrictEqual(created, expected)
  await db.things.createMany([{ n: 1 }, { n: 2, ...expected, text: undefined }])
  await db.things.upsert({ n: 3 }, { on: ['n'] })
  db.sync.things.create({ n: 4 })
  await db.sql`INSERT INTO things (n) VALUES (${5})`
  const rows = await db.things.list()
  assert.equal(rows.length, 6)
  for (const { id: _, n, ...row } of rows) assert.deepStrictEqual(row, expected, `row ${n}`)
})

test('a default does not replace a null that is given', async t => {
  const models = schema({
    things: model('things', {
      id: c.id(),
      a: c.integer().nullable().default(5),
      b: c.json().nullable().default({ c: 1 }),
    }),
  })
  const db = await database(t, models)
  assert.deepEqual(await db.things.create({ a: null, b: null }), { id: 1, a: null, b: null })
  assert.deepEqual(await db.things.create({}), { id: 2, a: 5, b: { c: 1 } })
  assert.deepEqual(await db.things.list({ where: { a: null } }), [{ id: 1, a: null, b: null }])
})

test('a JSON default is each row its own', async t => {
  const db = await database(t, schema({ things: model('things', { id: c.id(), list: c.json().default([]) }) }))
  const [one, two] = await db.things.createMany([{}, {}])
  one.list.push(1)
  assert.deepEqual(two.list, [])
  assert.deepEqual((await db.things.create({})).list, [])
})

test('a table may have nothing but its key', async t => {
  const db = await database(t, schema({ ticks: model('ticks', { id: c.id() }), big: model('big', { id: c.bigId() }) }))
  assert.deepEqual(await db.ticks.create({}), { id: 1 })
  assert.deepEqual(await db.ticks.createMany([{}, { id: 7 }, {}]), [{ id: 2 }, { id: 7 }, { id: 8 }])
  assert.deepEqual(await db.big.createMany([{}, {}]), [{ id: 1n }, { id: 2n }])
})

test('now is the moment of the call, the same in all columns and rows of it', async t => {
  const models = schema({
    logs: model('logs', {
      id: c.id(),
      at: c.timestamp().defaultNow(),
      also: c.timestamp().defaultNow().touch(),
      day: c.date().defaultNow(),
      touched: c.timestamp().touch(),
    }),
  })
  const db = await database(t, models)
  const before = Date.now()
  const rows = await db.logs.createMany(Array.from({ length: 100 }, () => ({})))
  const after = Date.now()
  assert.equal(new Set(rows.flatMap(r => [r.at, r.also, r.touched].map(Number))).size, 1)
  assert.ok(Number(rows[0].at) >= before && Number(rows[0].at) <= after)
  assert.ok([before, after].map(ms => new Date(ms).toISOString().slice(0, 10)).includes(rows[0].day))
  await db.sql`INSERT INTO logs (touched) VALUES (${new Date(0)})`
  const stored = await db.logs.get(101)
  assert.ok(Math.abs(Number(stored.at) - Date.now()) < 60_000 && stored.touched.getTime() === 0)
  assert.match(stored.day, /^\d{4}-\d{2}-\d{2}$/)
})

test('a random UUID is of version 7, new, and later than those before it', async t => {
  const db = await database(
    t,
    schema({ jobs: model('jobs', { id: c.uuid().primaryKey().defaultRandom(), n: c.integer() }) }),
  )
  const before = Date.now()
  const rows = await db.jobs.createMany(Array.from({ length: 3000 }, (_, n) => ({ n })))
  rows.push(await db.jobs.create({ n: 3000 }), db.sync.jobs.create({ n: 3001 }))
  for (const { id } of rows) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const made = Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
    assert.ok(made >= before - 1 && made <= Date.now() + 10)
  }
  assert.deepEqual(
    rows.map(r => r.id),
    rows.map(r => r.id).sort(),
  )
  assert.equal(new Set(rows.map(r => r.id)).size, 3002)
  assert.deepEqual(
    (await db.jobs.list({ orderBy: { id: 'asc' } })).map(r => r.n),
    rows.map(r => r.n),
  )
  const given = '018F3C1E-8D2A-4C3B-9F10-2B6A5D4C3E2F'
  assert.equal((await db.jobs.create({ id: given, n: -1 })).id, given.toLowerCase())
})

test('lower case makes a unique that does not care for case', async t => {
  const db = await database(t, schema({ users: model('users', { id: c.id(), email: c.text().lowercase().unique() }) }))
  await db.users.create({ email: 'ÄDA@Example.com' })
  await fails(() => db.users.create({ email: 'äda@EXAMPLE.com' }), { code: 'UNIQUE_VIOLATION', columns: ['email'] })
  assert.equal((await db.users.update(1, { email: 'BEA' })).email, 'bea')
  await db.users.updateMany({ where: { email: 'Bea' } }, { email: 'CID' })
  assert.deepEqual(await db.users.list(), [{ id: 1, email: 'cid' }])
})
