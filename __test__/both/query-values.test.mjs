// A query and its values are written in one order: of random calls of every kind, number and kinds of the values are those of the
// plan that the core makes of the query. PLINTH_RUNS sets how many of each kind; PLINTH_SEED repeats a run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dialect, newUrl } from '../support/dialect.mjs'
import { internals } from '../support/internals.mjs'
import { Calls, wireOf } from '../support/random-calls.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 60)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const { c, databaseOf, initDb, model, open, RootChannel, schema, sqlCall, streamQuery, Table } = internals(
  'lib/index.js',
  'lib/handle/handles.js',
  'lib/handle/sql.js',
  'lib/handle/table.js',
  'lib/query/select.js',
  'lib/unit/root-channel.js',
)

const models = schema(
  {
    things: model('things', {
      id: c.id(),
      code: c.text().unique(),
      whole: c.integer().nullable(),
      small: c.int32(),
      big: c.bigint().nullable(),
      real: c.real(),
      price: c.decimal(9, 2).nullable(),
      title: c.text().nullable(),
      done: c.boolean(),
      ref: c.uuid(),
      at: c.timestamp().nullable(),
      day: c.date(),
      state: c.enum('state', ['wx', 'wy']),
      data: c.json().nullable(),
      blob: c.bytes(),
      ownerId: c.integer().nullable().references('owners.id'),
      touchedAt: c.timestamp().touch(),
    }),
    owners: model('owners', {
      id: c.id(),
      name: c.text().nullable(),
      age: c.real().nullable(),
      bossId: c.integer().nullable().references('owners.id'),
    }),
    marks: model('marks', {
      day: c.date().primaryKey(),
      at: c.timestamp().primaryKey(),
      place: c.integer().primaryKey(),
      note: c.text().nullable(),
      thingId: c.integer().nullable().references('things.id'),
    }),
    tags: model('tags', { id: c.id(), label: c.text(), weight: c.real() }),
    thingTags: model('thingTags', {
      thingId: c.integer().primaryKey().references('things.id'),
      tagId: c.integer().primaryKey().references('tags.id'),
    }),
  },
  {
    things: r => ({
      owner: r.one('owners', 'ownerId'),
      marks: r.many('marks', 'thingId'),
      tags: r.many('tags', { through: 'thingTags' }),
    }),
    owners: r => ({
      boss: r.one('owners', 'bossId'),
      reports: r.many('owners', 'bossId'),
      things: r.many('things', 'ownerId'),
    }),
    marks: r => ({ thing: r.one('things', 'thingId') }),
    tags: r => ({ things: r.many('things', { through: 'thingTags' }) }),
  },
)

/** The part of the models that the generators have to know. */
const tables = {
  things: {
    columns: {
      id: 'integer',
      code: 'text',
      whole: 'integer',
      small: 'int32',
      big: 'bigint',
      real: 'real',
      price: 'decimal',
      title: 'text',
      done: 'boolean',
      ref: 'uuid',
      at: 'timestamp',
      day: 'date',
      state: 'enum',
      data: 'json',
      blob: 'bytes',
    },
    nullable: ['whole', 'big', 'price', 'title', 'at', 'data'],
    relations: { owner: { to: 'owners' }, marks: { to: 'marks', many: true }, tags: { to: 'tags', many: true } },
  },
  owners: {
    columns: { id: 'integer', name: 'text', age: 'real' },
    nullable: ['name', 'age'],
    relations: { boss: { to: 'owners' }, reports: { to: 'owners', many: true }, things: { to: 'things', many: true } },
  },
  marks: {
    columns: { day: 'date', at: 'timestamp', place: 'integer', note: 'text' },
    nullable: ['note'],
    relations: { thing: { to: 'things' } },
  },
  tags: {
    columns: { id: 'integer', label: 'text', weight: 'real' },
    nullable: [],
    relations: { things: { to: 'things', many: true } },
  },
}
const names = Object.keys(tables)
const ROWS = ['where', 'orderBy', 'limit', 'offset', 'select', 'include']
const KEY = { day: '2026-11-20', at: new Date(1.2e12), place: 1 }
/** The columns of a thing that any value may be written to. */
const SETTABLE = Object.keys(tables.things.columns).filter(name => name !== 'id' && name !== 'code')

/** Fails unless these values are as many and of such kinds as the plan's parameters. A null is of every kind. */
function checkValues({ params, query }, values) {
  const found = Array.from(values, (value, at) => (value === null ? params[at] : wireOf(value)))
  assert.deepEqual(found, params, `${query} with ${values.map(String)}`)
}

/** Fails unless the values of a request fit its plan. Those of a row to insert are put by an encoder: their columns must fit. */
function check({ plan, columns = [], values = [] }) {
  const wires = columns.map(column => column.wire)
  assert.deepEqual(plan.params.slice(0, wires.length), wires, plan.query)
  const encoded = plan.action === 'insert' || plan.action === 'upsert' ? wires.length - values.length : 0
  checkValues({ query: plan.query, params: plan.params.slice(encoded) }, values)
}

/** A channel on which each request is checked before it goes its way. */
function checking(channel) {
  return {
    database: channel.database,
    blocking: false,
    send: request => {
      check(request)
      return channel.send(request)
    },
    batches: request => channel.batches(request),
    transaction: (work, ...rest) => channel.transaction(inner => work(checking(inner)), ...rest),
  }
}

/** The n-th thing. */
const thing = n => ({
  code: `w${n}v`,
  small: n,
  real: n + 0.5,
  done: false,
  ref: '00000000-0000-4000-8000-000000000000',
  at: n === 3 ? null : new Date(1.2e12),
  day: '2026-11-20',
  state: 'wx',
  data: { user: { age: n } },
  blob: new Uint8Array([n]),
})

/** Checks a kind of call on a database with some rows. */
function law(name, call) {
  test(name, async t => {
    t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
    const db = open({ models, url: await newUrl(t) })
    t.after(() => db.close())
    await initDb({ db })
    await db.owners.createMany([{ name: 'wav' }, { name: null, bossId: 1 }])
    await db.things.createMany([1, 2, 3].map(n => ({ ...thing(n), ownerId: n === 1 ? 1 : null })))
    await db.marks.create({ ...KEY, thingId: 1 })
    await db.tags.create({ label: 'wxv', weight: 0.5 })
    await db.thingTags.create({ thingId: 1, tagId: 1 })
    // Others store more than milliseconds: of such a moment a cursor holds every digit, as text.
    if (dialect === 'postgres') await db.sql`UPDATE things SET at = at + interval '1 microsecond' WHERE id = 2`
    const database = databaseOf(db)
    const channel = checking(new RootChannel(database))
    const made = {
      database,
      sql: sqlCall(channel),
      ...Object.fromEntries(Array.from(database.models, ([name, model]) => [name, new Table(channel, model)])),
    }
    const property = fc.asyncProperty(fc.gen(), gen => call(made, new Calls(gen, tables)))
    await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
  })
}

/** The result of a call; undefined if it fails with this code, which random arguments may cause. */
async function unless(code, call) {
  try {
    return await call()
  } catch (error) {
    if (error.code !== code) throw error
    return undefined
  }
}

law('get', async (db, calls) => {
  await db.things.get(calls.value('integer'))
  await db.marks.get(KEY)
  const name = calls.pick(names)
  const key = name === 'marks' ? KEY : calls.value('integer')
  await db[name].get(key, calls.rows(name, ['select', 'include']))
})

law('find', async (db, calls) => {
  const name = calls.pick(names)
  await db[name].find(calls.rows(name, ['where', 'orderBy', 'offset', 'select', 'include']))
})

law('list', async (db, calls) => {
  const name = calls.pick(names)
  await db[name].list(calls.rows(name, ROWS))
  await db[name].list({ ...calls.rows(name, ROWS), unreadable: 'skip' })
})

law('list with a filter', async (db, calls) => {
  const name = calls.pick(names)
  await db[name].list({ where: calls.where(name, 4) })
})

law('list by places in JSON', async (db, calls) => {
  const where = { whole: { lt: 9 }, data: calls.atPath(), real: { gt: 0.5 } }
  await db.things.list({ where, orderBy: [{ data: calls.orderPart('json') }, { small: 'asc' }], limit: 2 })
})

law('list of distinct rows', async (db, calls) => {
  const distinct = calls.some(['code', 'whole', 'at', 'state'], 1)
  await db.things.list({ ...calls.rows('things', ROWS), distinct })
})

law('stream', async (db, calls) => {
  const name = calls.pick(names)
  const asked = calls.rows(name, ['where', 'orderBy', 'select', 'include'])
  const { query } = streamQuery(db.database.models.get(name), asked)
  checkValues(db.database.client.plans.of(query.json), query.values)
})

law('page', async (db, calls) => {
  const name = calls.pick(names)
  const rows = { ...calls.rows(name, ['select', 'include']), orderBy: calls.orderBy(name, true), limit: 1 }
  const { next } = await db[name].page(rows)
  const where = calls.chance() ? { where: calls.where(name, 2) } : {}
  if (next !== null) await db[name].page({ ...rows, ...where, after: next })
})

law('a page behind each row', async (db, calls) => {
  const orderBy = calls.orderBy('things', true)
  for (let after = null, n = 0; n < 3; n++) {
    const page = await db.things.page({ orderBy, limit: 1, after, where: { small: { gt: 0 } } })
    after = page.next
    assert.equal(after === null, n === 2)
  }
})

law('count and exists', async (db, calls) => {
  const name = calls.pick(names)
  await db[name].count({ where: calls.where(name) })
  await db[name].exists({ where: calls.where(name) })
  await db.things.count({ where: calls.where('things'), distinct: calls.some(['code', 'at'], 1) })
})

law('aggregate', async (db, calls) => {
  const name = calls.pick(names)
  await db[name].aggregate(calls.aggregate(name))
})

const SQL_TYPES = {
  integer: 'bigint',
  bigint: 'bigint',
  real: 'double precision',
  text: 'text',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  bytes: 'bytea',
}

law('sql', async (db, calls) => {
  const kinds = calls.several(() => calls.pick(Object.keys(SQL_TYPES)))
  const ends = ['SELECT 1', ...kinds.map(kind => ` AS ${SQL_TYPES[kind]})`)]
  const pieces = ends.map((end, at) => (at < kinds.length ? `${end}, CAST(` : end))
  await db.sql(Object.assign(pieces, { raw: pieces }), ...kinds.map(kind => calls.value(kind)))
})

let codes = 3
/** A thing to write, with some columns changed, and its key or none. */
const newThing = calls => ({
  ...thing(++codes),
  ...calls.set('things', SETTABLE),
  ...(calls.chance() && { id: codes * 1000 }),
})

/** The database has what a write gave. */
async function isStored(db, row) {
  assert.deepEqual(await db.things.get(row.id), row)
}

law('create', async (db, calls) => {
  await isStored(db, await db.things.create(newThing(calls)))
})

law('createMany', async (db, calls) => {
  for (const row of await db.things.createMany(calls.several(() => newThing(calls)))) await isStored(db, row)
})

law('update', async (db, calls) => {
  const id = calls.pick([1, 2, 3])
  const set = calls.chance() ? calls.set('things', SETTABLE) : {}
  const row = await db.things.update(id, set)
  await isStored(db, row)
  assert.deepEqual({ ...row, ...set }, row)
  await db.marks.update(KEY, calls.set('marks', ['note']))
  await db.marks.update(KEY, {})
})

law('updateMany', async (db, calls) => {
  const where = calls.where('things')
  await unless('WHERE_REQUIRED', () => db.things.updateMany({ where }, calls.set('things', SETTABLE)))
  await db.things.updateMany({ all: true }, calls.set('things', SETTABLE))
})

law('upsert', async (db, calls) => {
  const { id, ...given } = newThing(calls)
  const row = calls.chance() ? { ...given, id } : { ...given, code: calls.pick(['w1v', 'w2v']) }
  const update = calls.pick([undefined, {}, calls.set('things', SETTABLE)])
  const made = await db.things.upsert(row, { on: ['code'], update })
  await isStored(db, made)
})

law('delete', async db => {
  await db.things.create({ ...thing(++codes), id: codes * 1000 })
  await db.things.delete(codes * 1000)
  await unless('NOT_FOUND', () => db.marks.delete(KEY))
})

law('deleteMany', async (db, calls) => {
  await unless('WHERE_REQUIRED', () => db.thingTags.deleteMany({ where: { thingId: calls.value('integer') } }))
  await unless('WHERE_REQUIRED', () => db.marks.deleteMany({ where: calls.where('marks') }))
})
