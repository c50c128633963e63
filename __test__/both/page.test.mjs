// Pages: every row once, whatever the order, its ties and NULLs, and whatever is inserted and deleted between two pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { c, model, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'
import { here } from '../support/differences.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 60)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const models = schema(
  {
    users: model('users', { id: c.id(), name: c.text() }),
    things: model('things', {
      id: c.id(),
      n: c.integer(),
      maybe: c.integer().nullable(),
      big: c.bigint().nullable(),
      real: c.real().nullable(),
      price: c.decimal(9, 3).nullable(),
      text: c.text().name('words').nullable(),
      low: c.text().lowercase().nullable(),
      flag: c.boolean().nullable(),
      word: c.enum('word', ['a', 'b', 'c']).nullable(),
      key: c.uuid().nullable(),
      at: c.timestamp().nullable(),
      day: c.date().nullable(),
      data: c.json().nullable(),
      raw: c.bytes().nullable(),
      secret: c.integer().nullable().private(),
      userId: c.integer().nullable().references('users.id'),
    }),
    places: model('places', { land: c.text().primaryKey(), no: c.integer().primaryKey(), size: c.integer() }),
    hidden: model('hidden', { id: c.integer().primaryKey().private(), n: c.integer() }),
  },
  {
    things: r => ({ user: r.one('users', 'userId') }),
    users: r => ({ things: r.many('things', 'userId') }),
  },
)

const uuid = n => `00000000-0000-4000-8000-00000000000${n}`
/** Few values of each, so that there are many ties. */
const values = {
  n: [-1, 0, 2 ** 53 - 1],
  maybe: [null, -5, 7],
  big: [null, -(2n ** 63n), 0n, 2n ** 63n - 1n],
  real: [null, -0, 0, 0.1, 1e300, 5e-324],
  price: [null, '-1.500', '0.000', '999999.999'],
  text: [null, '', "a'b", 'B', 'b', 'é', '日本', '\u{10ffff}', '\uffff', '"]', '%'],
  low: [null, 'x', 'y'],
  flag: [null, true, false],
  word: [null, 'a', 'c'],
  key: [null, uuid(1), uuid(2)],
  at: [null, new Date(0), new Date(1), new Date('0001-01-01T00:00:00.000Z'), new Date('9999-12-31T23:59:59.999Z')],
  day: [null, '0001-01-01', '2026-11-20', '9999-12-31'],
}
const columns = Object.keys(values)
const thing = fc.record(Object.fromEntries(columns.map(name => [name, fc.constantFrom(...values[name])])))
const part = fc.oneof(
  fc.record({ name: fc.constantFrom('id', ...columns), how: fc.constantFrom('asc', 'desc') }),
  fc.record({
    name: fc.constantFrom(...columns),
    how: fc.record({ direction: fc.constantFrom('asc', 'desc'), nulls: fc.constantFrom('first', 'last') }),
  }),
)
const order = fc.array(
  part.map(({ name, how }) => ({ [name]: how })),
  { maxLength: 4 },
)

/** The full order of a page: the key behind it, in the direction of the last part that has one. */
function inFull(orderBy) {
  const names = orderBy.map(part => Object.keys(part)[0])
  const telling = orderBy.filter((_, i) => names.indexOf(names[i]) === i && !names.slice(0, i).includes('id'))
  const [how] = Object.values(telling.at(-1) ?? { id: 'asc' })
  return [...orderBy, { id: how.direction ?? how }]
}

/** All pages one after the other; `between` is called after each. */
async function all(table, query, between = async () => {}) {
  const rows = []
  let after = null
  for (let pages = 0; pages < 1000; pages++) {
    const page = await table.page({ ...query, after })
    assert.ok(page.rows.length <= query.limit)
    rows.push(...page.rows)
    if (page.next === null) return rows
    assert.equal(page.rows.length, query.limit)
    assert.match(page.next, /^[\w-]+$/)
    after = page.next
    await between(page.rows)
  }
  assert.fail('the pages have no end')
}

test('pages have every row once, in the order of a list', async t => {
  const db = await database(t, models)
  t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
  const property = fc.asyncProperty(
    fc.array(thing, { maxLength: 25 }),
    order,
    fc.integer({ min: 1, max: 9 }),
    fc.boolean(),
    async (rows, orderBy, limit, filtered) => {
      await db.things.deleteMany({ all: true })
      await db.things.createMany(rows)
      const where = filtered ? { or: [{ n: { gte: 0 } }, { text: null }] } : {}
      const listed = await db.things.list({ where, orderBy: inFull(orderBy) })
      assert.deepEqual(await all(db.things, { where, orderBy, limit }), listed)
      assert.deepEqual(
        await all(db.things, { where, orderBy, limit, select: ['id'] }),
        listed.map(({ id }) => ({ id })),
      )
    },
  )
  await fc.assert(property, { numRuns, seed })
})

test('what is inserted and deleted between pages moves no other row', async t => {
  const db = await database(t, models)
  const property = fc.asyncProperty(
    fc.array(thing, { minLength: 2, maxLength: 20 }),
    fc.array(thing, { minLength: 1, maxLength: 4 }),
    order,
    fc.integer({ min: 1, max: 4 }),
    fc.gen(),
    async (rows, more, orderBy, limit, gen) => {
      await db.things.deleteMany({ all: true })
      const before = new Set(ids(await db.things.createMany(rows)))
      const gone = new Set()
      let inserts = 6
      const found = ids(
        await all(db.things, { orderBy, limit }, async page => {
          if (inserts-- > 0) await db.things.createMany(more)
          // The row that the cursor was made of, or any.
          const id = gen(fc.boolean) ? page.at(-1).id : gen(fc.constantFrom, ...before)
          await db.things.deleteMany({ where: { id } })
          gone.add(id)
        }),
      )
      assert.equal(new Set(found).size, found.length, 'a row came twice')
      for (const id of before) if (!gone.has(id)) assert.ok(found.includes(id), 'a row was lost')
    },
  )
  await fc.assert(property, { numRuns, seed })
})

test('by a composite key, with and without an order', async t => {
  const db = await database(t, models)
  const rows = ['a', 'B', 'é'].flatMap(land => [1, 2, 3].map(no => ({ land, no, size: no % 2 })))
  await db.places.createMany(rows)
  for (const limit of [1, 2, 4, 9, 10]) {
    const keys = [{ land: 'asc' }, { no: 'asc' }]
    assert.deepEqual(await all(db.places, { limit }), await db.places.list({ orderBy: keys }))
    for (const orderBy of [{ size: 'asc' }, { no: 'asc' }, [{ size: 'asc' }, { no: 'asc' }]])
      assert.deepEqual(
        await all(db.places, { orderBy, limit }),
        await db.places.list({ orderBy: [orderBy, keys].flat() }),
      )
    const mixed = [{ no: 'desc' }, { land: 'asc' }, { size: 'desc' }]
    assert.deepEqual(await all(db.places, { orderBy: mixed, limit }), await db.places.list({ orderBy: mixed }))
  }
})

test('select, include and where; blocking, in transactions and sessions', async t => {
  const db = await database(t, models)
  await db.users.createMany([{ name: 'ada' }, { name: 'bob' }])
  await db.things.createMany(
    Array.from({ length: 5 }, (_, i) => ({ n: i % 2, maybe: i, userId: (i % 2) + 1, secret: i })),
  )
  const query = { orderBy: { n: 'desc' }, limit: 2, where: { user: { is: { id: { gt: 0 } } } } }
  const first = await db.things.page({ ...query, select: ['maybe', 'secret'], include: { user: true } })
  assert.deepEqual(first.rows, [
    { maybe: 3, secret: 3, user: { id: 2, name: 'bob' } },
    { maybe: 1, secret: 1, user: { id: 2, name: 'bob' } },
  ])
  const rest = { ...query, select: ['maybe'], after: first.next, limit: 3 }
  const expected = { rows: [{ maybe: 4 }, { maybe: 2 }, { maybe: 0 }], next: null }
  assert.deepEqual(await db.things.page(rest), expected)
  assert.deepEqual(db.sync.things.page(rest), expected)
  await db.transaction(async tx => {
    await tx.things.deleteMany({ where: { maybe: 2 } })
    assert.deepEqual((await tx.things.page(rest)).rows, [{ maybe: 4 }, { maybe: 0 }])
  })
  const session = db.session()
  await session.things.create({ n: 0, maybe: -1, userId: 1 })
  assert.equal((await session.things.page(rest)).rows.length, 3)
  await session.close()
  // Pages of no rows, of all rows, and of one more than there are.
  assert.deepEqual(await db.places.page({ limit: 1 }), { rows: [], next: null })
  assert.equal((await db.things.page({ limit: 4 })).next, null)
  assert.equal((await db.things.page({ limit: 5 })).next, null)
  assert.equal((await db.things.page({ limit: 3 })).rows.length, 3)
  assert.equal((await db.things.page({ limit: 3, after: undefined })).rows.length, 3)
  const users = await db.users.page({ limit: 1, include: { things: { select: ['maybe'], orderBy: { id: 'asc' } } } })
  assert.deepEqual(users.rows, [{ id: 1, name: 'ada', things: [{ maybe: 0 }, { maybe: 4 }] }])
})

test('a cursor that was altered, or is of other rows, is refused', async t => {
  const db = await database(t, models)
  await db.things.createMany([1, 2, 3].map(n => ({ n, text: 'x', at: new Date(n), flag: true })))
  await db.places.createMany([1, 2].map(no => ({ land: 'a', no, size: no })))
  const orderBy = [{ n: 'asc' }, { text: 'desc' }, { at: 'asc' }]
  const { next } = await db.things.page({ orderBy, limit: 1 })
  const refused = async (after, query = { orderBy }) => {
    const fields = { code: 'CURSOR_INVALID', table: /things|places/, hint: /orderBy/ }
    await fails(() => db.things.page({ limit: 1, ...query, after }), fields)
    await fails(async () => db.sync.things.page({ limit: 1, ...query, after }), fields)
  }
  for (const after of [1, true, {}, [], [next], new Date(0), Symbol('x'), () => next, 1n]) await refused(after)
  for (const after of [
    '',
    ' ',
    'x',
    '=',
    'e30',
    'W10',
    'bnVsbA',
    '日本',
    `${next}=`,
    `${next} `,
    ` ${next}`,
    `${next}x`,
    `${next}\n`,
    // Blanks that JSON allows, and another way to write the same text.
    ...[' ', '\n', '\t'].map(blank => Buffer.from(Buffer.from(next, 'base64url') + blank).toString('base64url')),
    Buffer.from(Buffer.from(next, 'base64url').toString().replace('"x"', '"\\u0078"')).toString('base64url'),
  ])
    await refused(after)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.\0 '
  for (let i = 0; i < next.length; i++) {
    const at = alphabet.indexOf(next[i])
    for (const other of [alphabet[(at + 1) % alphabet.length], alphabet[(at + 7) % alphabet.length], 'é', ''])
      await refused(next.slice(0, i) + other + next.slice(i + 1))
    await refused(next.slice(0, i))
    if (i > 0) await refused(next.slice(i))
  }
  const bytes = Buffer.from(next, 'base64url')
  for (let i = 0; i < bytes.length; i++) {
    for (const bit of [1, 16, 128]) {
      const copy = Buffer.from(bytes)
      copy[i] ^= bit
      await refused(copy.toString('base64url'))
    }
  }
  // Of another order, another model.
  for (const other of [
    {},
    { orderBy: { n: 'asc' } },
    { orderBy: [...orderBy, { flag: 'asc' }] },
    { orderBy: orderBy.toReversed() },
  ])
    await refused(next, other)
  await refused(next, { orderBy: [{ n: 'asc' }, { text: { direction: 'desc', nulls: 'first' } }, { at: 'asc' }] })
  await refused((await db.places.page({ limit: 1 })).next, {})
  await fails(() => db.places.page({ limit: 1, after: next }), { code: 'CURSOR_INVALID', table: 'places' })
  // The cursor itself still leads on.
  assert.deepEqual(ids((await db.things.page({ orderBy, limit: 5, after: next })).rows), [2, 3])
})

test('a forged cursor holds values of its columns, or is refused', async t => {
  const { createHash } = await import('node:crypto')
  const db = await database(t, models)
  const sum = text => createHash('sha256').update(text).digest('base64url').slice(0, 11)
  /** The cursor with other values, and the sum that belongs to them. */
  const forged = (cursor, values) => {
    const [, order] = JSON.parse(Buffer.from(cursor, 'base64url'))
    const text = JSON.stringify(values)
    return Buffer.from(`[${text},"${order}","${sum(text + order)}"]`).toString('base64url')
  }
  await db.things.createMany([1, 2].map(n => ({ n })))
  const cursors = {}
  for (const name of columns) cursors[name] = (await db.things.page({ orderBy: { [name]: 'asc' }, limit: 1 })).next
  const page = (name, values) =>
    db.things.page({ orderBy: { [name]: 'asc' }, limit: 5, after: forged(cursors[name], values) })
  // It is the way to make one.
  assert.deepEqual(ids((await page('n', [1, 1])).rows), [2])
  const wrong = {
    n: [null, '1', 1.5, 2 ** 53, '1; DROP TABLE things', true, [1], {}],
    maybe: ['x', {}],
    big: [1, '1.5', 'x', String(2n ** 63n), '0x', `${'9'.repeat(400)}`],
    real: ['1', {}],
    price: ['1.2345', 1, 'x', '1e3'],
    text: [1, {}, [], '\ud800'],
    flag: [1, 'true'],
    word: ['z', 1, "a' OR '1'='1"],
    key: ['x', 1],
    at: ['2026', 1e300, {}, true],
    day: ['2026-02-30', 1, 'x'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) await fails(() => page(name, [value, 1]), { code: 'CURSOR_INVALID', table: 'things' })
    for (const id of [null, '1', 1.5, {}]) await fails(() => page(name, [null, id]), { code: 'CURSOR_INVALID' })
    // A value in the database's own form, which only the database can check.
    if (!here('anyTextInColumns') && ['day', 'key'].includes(name))
      await fails(() => page(name, [['x'], 1]), { code: 'CURSOR_INVALID', table: 'things' })
    for (const values of [[], [null], [null, 1, 1], {}, null, 'x', 5])
      await fails(() => page(name, values), { code: 'CURSOR_INVALID' })
  }
  let deep = 1
  for (let i = 0; i < 20_000; i++) deep = `[${deep}]`
  await fails(() => db.things.page({ limit: 1, after: Buffer.from(deep).toString('base64url') }), {
    code: 'CURSOR_INVALID',
  })
  if (!here('nulInText')) await fails(() => page('text', ['a\0b', 1]), { code: 'CURSOR_INVALID', table: 'things' })
  // SQL is a text like any other.
  assert.deepEqual((await page('text', ["x'); DROP TABLE things; --", 1])).rows, [])
  assert.equal(await db.things.count(), 2)
})

test('what is wrong is an error that says where', async t => {
  const db = await database(t, models)
  const bad = async (query, fields) => {
    await fails(() => db.things.page(query), { table: 'things', ...fields })
    await fails(async () => db.sync.things.page(query), { table: 'things', ...fields })
  }
  const invalid = { code: 'QUERY_INVALID' }
  for (const query of [undefined, {}, null, 1, 'x', []]) await bad(query, invalid)
  for (const limit of [0, -1, 1.5, '1', null, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1n, true])
    await bad({ limit }, invalid)
  for (const name of ['offset', 'distinct', 'before', 'first', 'cursor'])
    await bad({ limit: 1, [name]: 1 }, { code: 'UNKNOWN_OPTION' })
  await bad({ limit: 1, orderBy: { nope: 'asc' } }, { code: 'UNKNOWN_COLUMN' })
  await bad({ limit: 1, orderBy: { 'n; DROP TABLE things': 'asc' } }, { code: 'UNKNOWN_COLUMN' })
  for (const orderBy of [
    1,
    'n',
    null,
    { n: 'up' },
    { n: 1 },
    { data: 'asc' },
    { raw: 'asc' },
    { data: { path: ['a'], direction: 'asc' } },
  ])
    await bad({ limit: 1, orderBy }, invalid)
  await bad({ limit: 1, orderBy: { secret: 'asc' } }, { code: 'QUERY_INVALID', hint: /cursor/ })
  await bad({ limit: 1, select: [] }, invalid)
  await bad({ limit: 1, select: 'id' }, invalid)
  await bad({ limit: 1, select: ['nope'] }, { code: 'UNKNOWN_COLUMN' })
  await bad({ limit: 1, include: { nope: true } }, { code: 'UNKNOWN_RELATION' })
  await bad({ limit: 1, where: { n: undefined } }, { code: 'VALUE_INVALID' })
  await fails(() => db.hidden.page({ limit: 1 }), { code: 'QUERY_INVALID', table: 'hidden', hint: /cursor/ })
})

test('signal and timeout', async t => {
  const db = await database(t, models)
  await fails(() => db.things.page({ limit: 1, signal: AbortSignal.abort() }), { code: 'ABORTED' })
  await fails(() => db.things.page({ limit: 1, timeout: 0 }), { code: 'QUERY_INVALID' })
  assert.deepEqual(await db.things.page({ limit: 1, timeout: 60_000 }), { rows: [], next: null })
})
