// add(), append(), merge(): changes that the database makes of a column's own value, so that those of others are not lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, append, c, jsonNull, merge, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const owners = model('owners', { id: c.id() })
const counters = model('counters', {
  id: c.id(),
  name: c.text().unique(),
  whole: c.integer().nullable().default(0),
  small: c.int32().default(0),
  wide: c.bigint().default(0n),
  real: c.real().default(0),
  price: c.decimal(6, 2).nullable().default('0'),
  list: c.json().nullable(),
  data: c.json().nullable(),
  hidden: c.integer().private().default(7),
  ownerId: c.integer().nullable().references('owners.id'),
  day: c.date().nullable(),
})
const slots = model('slots', { day: c.integer().primaryKey(), hour: c.integer().primaryKey(), used: c.int32() })
const models = schema({ owners, counters, slots })

const INCREMENTS = 50

async function counter(t, values) {
  const db = await database(t, models)
  const row = await db.counters.create({ name: 'a', ...values })
  const fresh = () => db.counters.get(row.id)
  return { db, id: row.id, fresh, change: values => db.counters.update(row.id, values) }
}

test('numbers of each kind are added to, up and down, and come back as they are stored', async t => {
  const { change, fresh } = await counter(t, { whole: 1, small: 2, wide: 2n ** 60n, real: 0.5, price: '10.00' })
  const row = await change({ whole: add(41), small: add(-3), wide: add(-1n), real: add(0.25), price: add('-0.55') })
  assert.deepEqual([row.whole, row.small, row.wide, row.real, row.price], [42, -1, 2n ** 60n - 1n, 0.75, '9.45'])
  assert.deepEqual(await fresh(), row)
  assert.equal((await change({ price: add('-10.00') })).price, '-0.55')
  assert.equal((await change({ whole: add(0) })).whole, 42)
})

test('NULL stays NULL', async t => {
  const { change } = await counter(t, { whole: null, price: null })
  const row = await change({ whole: add(1), price: add('1.00'), small: add(1) })
  assert.deepEqual([row.whole, row.price, row.small], [null, null, 1])
})

test('a sum that the column cannot hold is OUT_OF_RANGE, and nothing is changed', async t => {
  const largest = { whole: Number.MAX_SAFE_INTEGER, small: 2 ** 31 - 1, wide: 2n ** 63n - 1n, real: Number.MAX_VALUE }
  const { db, change, fresh } = await counter(t, { ...largest, price: '9999.99' })
  const before = await fresh()
  const refused = (values, columns) =>
    fails(() => change({ name: 'changed', ...values }), {
      code: 'OUT_OF_RANGE',
      message: `${columns.map(it => `counters.${it}`).join(', ')}: the sum is out of the range of the column.`,
      table: 'counters',
      columns,
      hint: /Nothing was changed/,
      retryable: false,
    })
  await refused({ whole: add(1) }, ['whole'])
  await refused({ small: add(1) }, ['small'])
  await refused({ wide: add(1n) }, ['wide'])
  await refused({ real: add(Number.MAX_VALUE) }, ['real'])
  await refused({ price: add('0.01') }, ['price'])
  await refused({ small: add(-1), wide: add(1n) }, ['small', 'wide'])
  assert.deepEqual(await fresh(), before)
  const sums = { whole: add(-1), small: add(-1), wide: add(-1n), real: add(-1), price: add('-0.01') }
  assert.equal((await change(sums)).price, '9999.98')
  await db.counters.create({ name: 'b' })
  await fails(() => db.counters.updateMany({ all: true }, { whole: add(2) }), { code: 'OUT_OF_RANGE' })
  assert.deepEqual(
    (await db.counters.list({ orderBy: { id: 'asc' } })).map(it => it.whole),
    [largest.whole - 1, 0],
  )
  const least = { whole: -largest.whole, small: -(2 ** 31), wide: -(2n ** 63n), price: '-9999.99' }
  await change(least)
  await refused({ whole: add(-1) }, ['whole'])
  await refused({ small: add(-1) }, ['small'])
  await refused({ wide: add(-1n) }, ['wide'])
  await refused({ price: add('-0.01') }, ['price'])
  await fails(async () => db.sync.counters.update(1, { small: add(-1) }), { code: 'OUT_OF_RANGE', columns: ['small'] })
})

test('elements are appended, members merged at the top alone', async t => {
  const { change, fresh } = await counter(t, {
    list: ['a', { b: [1] }],
    data: { theme: 'dark', nested: { a: 1, b: 2 } },
  })
  await change({ list: append({ c: null }), data: merge({ nested: { c: 3 }, size: 12, none: null }) })
  const row = await change({ list: append(['d']), data: merge({ gone: undefined, theme: 'light' }) })
  assert.deepEqual(row.list, ['a', { b: [1] }, { c: null }, ['d']])
  assert.deepEqual(row.data, { theme: 'light', nested: { c: 3 }, size: 12, none: null })
  assert.deepEqual(await fresh(), row)
  assert.deepEqual((await change({ list: append(jsonNull) })).list.at(-1), null)
  assert.deepEqual((await change({ data: merge({}) })).data, row.data)
  const odd = { 'é"\\\n': '…\u{1F600}', __proto__: null }
  assert.deepEqual((await change({ data: merge({ ...odd }) })).data, { ...row.data, ...odd })
})

test('SQL NULL counts as an empty array and an empty object', async t => {
  const { change } = await counter(t, {})
  const row = await change({ list: append(1), data: merge({ a: 1 }) })
  assert.deepEqual([row.list, row.data], [[1], { a: 1 }])
})

test('JSON of another type in the column is VALUE_INVALID, and nothing is changed', async t => {
  const { change, fresh } = await counter(t, {})
  for (const list of [{ a: 1 }, 'text', '[]', 7, true, jsonNull]) {
    await change({ list, data: {} })
    const before = await fresh()
    await fails(() => change({ name: 'changed', list: append(1), data: merge({ a: 1 }) }), {
      code: 'VALUE_INVALID',
      message: 'counters.list: expected a JSON array, found JSON of another type.',
      table: 'counters',
      columns: ['list'],
      expected: 'a JSON array',
      found: 'JSON of another type',
    })
    assert.deepEqual(await fresh(), before)
  }
  for (const data of [[1], [], 'text', '{}', 7, false, jsonNull]) {
    await change({ data, list: [] })
    await fails(() => change({ name: 'changed', list: append(1), data: merge({ a: 1 }) }), {
      code: 'VALUE_INVALID',
      columns: ['data'],
      expected: 'a JSON object',
    })
    assert.deepEqual((await fresh()).list, [])
  }
})

test('of many rows, and of one that upsert finds', async t => {
  const { db, id } = await counter(t, { whole: 1 })
  await db.counters.create({ name: 'b', whole: 10, list: [0] })
  assert.equal(await db.counters.updateMany({ all: true }, { whole: add(5), list: append(1) }), 2)
  const rows = await db.counters.list({ orderBy: { id: 'asc' } })
  assert.deepEqual(
    rows.map(it => [it.whole, it.list]),
    [
      [6, [1]],
      [15, [0, 1]],
    ],
  )
  const update = { whole: add(1), price: add('1.50'), data: merge({ n: 1 }) }
  const upsert = name => db.counters.upsert({ name, whole: 100 }, { on: ['name'], update })
  const found = await upsert('a')
  assert.deepEqual([found.id, found.whole, found.price, found.data], [id, 7, '1.50', { n: 1 }])
  const made = await upsert('c')
  assert.deepEqual([made.whole, made.price, made.data], [100, '0.00', null])
  await db.counters.update(id, { small: 2 ** 31 - 1 })
  await fails(() => db.counters.upsert({ name: 'a' }, { on: ['name'], update: { small: add(1) } }), {
    code: 'OUT_OF_RANGE',
    columns: ['small'],
  })
})

test('beside plain values, conditions, keys of several columns and private columns', async t => {
  const { db, id } = await counter(t, { whole: 1 })
  const row = await db.counters.update(id, { whole: add(1), name: 'b' }, { where: { whole: 1 } })
  assert.deepEqual([row.whole, row.name], [2, 'b'])
  await fails(() => db.counters.update(id, { whole: add(1) }, { where: { whole: 1 } }), { code: 'STALE_ROW' })
  await db.counters.update(id, { hidden: add(3) })
  assert.equal((await db.counters.get(id, { select: ['hidden'] }))?.hidden, 10)
  await db.slots.create({ day: 1, hour: 2, used: 3 })
  assert.equal((await db.slots.update({ day: 1, hour: 2 }, { used: add(1) })).used, 4)
  // A key can be changed like any other column.
  assert.deepEqual(await db.slots.update({ day: 1, hour: 2 }, { hour: add(10) }), { day: 1, hour: 12, used: 4 })
})

test('a constraint that refuses the result names the column, and not what was added', async t => {
  const { db, id } = await counter(t, {})
  const owner = await db.owners.create({})
  await db.counters.update(id, { ownerId: owner.id })
  const error = await fails(() => db.counters.update(id, { ownerId: add(500) }), { code: 'FOREIGN_KEY_VIOLATION' })
  assert.equal(error.found === undefined || !error.found.includes('500'), true)
  // Of a plain value beside it the error tells.
  await db.counters.create({ name: 'taken' })
  await fails(() => db.counters.update(id, { name: 'taken', whole: add(1) }), {
    code: 'UNIQUE_VIOLATION',
    found: 'name = "taken"',
  })
  await db.slots.createMany([
    { day: 1, hour: 1, used: 0 },
    { day: 1, hour: 2, used: 0 },
  ])
  const twice = await fails(() => db.slots.update({ day: 1, hour: 1 }, { hour: add(1) }), { code: 'UNIQUE_VIOLATION' })
  assert.equal(twice.found, undefined)
})

test(`${INCREMENTS} at once are ${INCREMENTS} on a database, in transactions, sessions and blocking`, async t => {
  const { db, id, fresh } = await counter(t, { whole: 0, list: [], data: {} })
  const each = run => Promise.all(Array.from({ length: INCREMENTS }, (_, i) => run(i)))
  const one = (tables, i) =>
    tables.counters.update(id, { whole: add(1), price: add('0.10'), list: append(i), data: merge({ [`k${i}`]: i }) })
  await each(i => one(db, i))
  const readsFirst = i => async tx => {
    await tx.counters.get(id)
    await one(tx, i)
  }
  await each(i => db.transaction(readsFirst(i)))
  await each(i => db.scope(session => one(session, i)))
  for (let i = 0; i < INCREMENTS; i++) db.sync.counters.update(id, { whole: add(1) })
  await each(() => db.counters.updateMany({ where: { id } }, { whole: add(1) }))
  await each(() => db.counters.upsert({ name: 'a' }, { on: ['name'], update: { whole: add(1) } }))
  const row = await fresh()
  assert.equal(row.whole, 6 * INCREMENTS)
  assert.equal(row.price, '15.00')
  assert.equal(Object.keys(row.data).length, INCREMENTS)
  const sorted = [...row.list].sort((a, b) => a - b)
  assert.deepEqual(
    sorted,
    Array.from({ length: 3 * INCREMENTS }, (_, i) => Math.floor(i / 3)),
  )
})

test('a transaction that is rolled back takes its changes with it', async t => {
  const { db, id, fresh } = await counter(t, { whole: 1, list: [] })
  const stop = new Error('stop')
  const run = db.transaction(async tx => {
    await tx.counters.update(id, { whole: add(1), list: append(1) })
    throw stop
  })
  await assert.rejects(run, stop)
  assert.deepEqual([(await fresh()).whole, (await fresh()).list], [1, []])
})

test('a change by a wrong value, or of a column of another kind, is refused', async t => {
  const { db, id, change } = await counter(t, {})
  const invalid = (column, value, fields = {}) =>
    fails(() => change({ [column]: value }), { code: 'VALUE_INVALID', table: 'counters', columns: [column], ...fields })
  for (const amount of [undefined, null, '1', 1n, 1.5, Number.NaN, Infinity, {}, [1], true])
    await invalid('whole', add(amount), { expected: /safe integer/ })
  await invalid('small', add(2 ** 31))
  await invalid('wide', add(1), { hint: /1n/ })
  await invalid('real', add(Number.NaN))
  for (const amount of [1, '1.234', '1e3', '']) await invalid('price', add(amount))
  await invalid('whole', add(add(1)), { found: 'add(...)' })
  for (const element of [undefined, 1n, new Date(), () => {}, add(1)]) await invalid('list', append(element))
  for (const members of [undefined, null, 1, 'text', [1], new Date(), new Map(), jsonNull, merge({})])
    await invalid('data', merge(members), { expected: 'a plain object for merge()' })
  await invalid('data', merge({ a: { b: 1n } }), { message: /^counters\.data\.a\.b: / })
  const other = (column, value, message) =>
    fails(() => change({ [column]: value }), { code: 'QUERY_INVALID', table: 'counters', columns: [column], message })
  await other('name', add(1), 'counters.name: add() is for numbers and decimals.')
  await other('day', add(1), /is for numbers/)
  await other('list', add(1), /is for numbers/)
  await other('whole', append(1), 'counters.whole: append() is for JSON.')
  await other('name', merge({}), /merge\(\) is for JSON/)
  assert.throws(() => db.sync.counters.update(id, { name: add(1) }), { code: 'QUERY_INVALID' })
})

test('elsewhere a change is refused, with where it belongs', async t => {
  const { db, id } = await counter(t, {})
  const belongs = {
    code: 'VALUE_INVALID',
    table: 'counters',
    found: /^(add|append|merge)\(\.\.\.\)$/,
    hint: /values of update/,
  }
  const refused = call => fails(async () => call(), belongs)
  await refused(() => db.counters.create({ name: 'b', whole: add(1) }))
  await refused(() => db.counters.create({ name: 'b', list: append(1) }))
  await refused(() => db.counters.create({ name: merge({}) }))
  await refused(() => db.counters.createMany([{ name: 'b' }, { name: 'd', data: merge({}) }]))
  await refused(() => db.counters.upsert({ name: 'a', whole: add(1) }, { on: ['name'] }))
  await refused(() => db.counters.get(add(1)))
  await refused(() => db.counters.list({ where: { whole: add(1) } }))
  await refused(() => db.counters.list({ where: { whole: { gt: add(1) } } }))
  await refused(() => db.counters.list({ where: { whole: { in: [add(1)] } } }))
  await refused(() => db.counters.list({ where: { data: { eq: merge({}) } } }))
  await refused(() => db.counters.update(id, { data: { n: add(1) } }))
  await fails(async () => db.sql`SELECT ${add(1)}`, { code: /^(VALUE_INVALID|SQL_REFUSED|QUERY_INVALID)$/ })
  const kept = await db.counters.list()
  assert.deepEqual(
    kept.map(it => [it.whole, it.list]),
    [[0, null]],
  )
})

test('an object that looks like a change is none: a body of a request cannot make one', async t => {
  const { change } = await counter(t, { whole: 1, data: {} })
  const forged = JSON.parse('{"change":"add","given":5,"$add":5,"plinth.atomic":true}')
  await fails(() => change({ whole: forged }), { code: 'VALUE_INVALID', columns: ['whole'] })
  assert.deepEqual((await change({ data: forged })).data, forged)
  const copied = JSON.parse(JSON.stringify(merge({ a: 1 })))
  assert.deepEqual((await change({ data: copied })).data, copied)
})
