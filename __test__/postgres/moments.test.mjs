// Moments of columns that others made: PostgreSQL keeps microseconds, a Date milliseconds. Each row is met once, and found by what was read of it.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { c, model, open, schema } from 'plinth'
import { fails, ids } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 25)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const models = schema({
  events: model('events', {
    id: c.id(),
    at: c.timestamp(),
    maybe: c.timestamp().nullable(),
    amount: c.decimal(12, 2).nullable(),
  }),
  days: model('days', { at: c.timestamp().primaryKey(), n: c.integer() }),
})

/** As others make them, with and without a time zone, and as ours. */
const TYPES = ['timestamptz', 'timestamp', 'timestamptz(4)', 'timestamptz(3)']

async function setUp(t, type, options = '', log = false) {
  const url = await newUrl(t)
  await query(
    url,
    `CREATE TABLE events (id bigserial PRIMARY KEY, at ${type} NOT NULL, maybe ${type}, amount numeric);
     CREATE INDEX events_at ON events (at, id);
     CREATE TABLE days (at ${type} PRIMARY KEY, n bigint NOT NULL)`,
  )
  const db = open({ models, url: url + options, log })
  t.after(() => db.close())
  const add = rows =>
    query(
      url,
      `INSERT INTO events (at, maybe, amount)
       SELECT (r->>'at')::${type}, (r->>'maybe')::${type}, (r->>'amount')::numeric FROM jsonb_array_elements($1) r`,
      [JSON.stringify(rows)],
    )
  return { db, url, add }
}

const text = micros =>
  `${new Date(Math.floor(micros / 1000)).toISOString().slice(0, 23)}${String(((micros % 1000) + 1000) % 1000).padStart(3, '0')}Z`
/** A few milliseconds, on both sides of the years 1970 and 2000, and microseconds within them: many ties of each sort. */
const moment = fc
  .tuple(
    fc.constantFrom(-1_000_000, 0, 946_684_800_000_000, 1_780_000_000_000_000),
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom(0, 1, 456, 499, 500, 999),
  )
  .map(([base, millis, micros]) => text(base + millis * 1000 + micros))
const event = fc.record({
  at: moment,
  maybe: fc.option(moment),
  amount: fc.option(fc.constantFrom('1', '1.5', '1.50', '1.501', '-0.0001', '12345678901234567890.123')),
})
const order = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('at', 'maybe', 'amount', 'id'),
    direction: fc.constantFrom('asc', 'desc'),
    nulls: fc.constantFrom('first', 'last'),
  }),
  { selector: part => part.name, maxLength: 3 },
)

/** A Date's milliseconds, of null null: undefined would have an order of its own. */
const time = date => date?.getTime() ?? null

async function all(table, options) {
  const found = []
  for (let after = null, pages = 0; pages < 100; pages++) {
    const page = await table.page({ ...options, after })
    found.push(...page.rows)
    if (page.next === null) return found
    after = page.next
  }
  return assert.fail('the pages have no end')
}

for (const type of TYPES)
  test(`pages by ${type} have every row once, in the order of the database`, async t => {
    const { db, url, add } = await setUp(t, type)
    t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
    const property = fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 20 }),
      order,
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      async (rows, parts, limit, narrow) => {
        await db.events.deleteMany({ all: true })
        await add(rows)
        const orderBy = parts.map(({ name, direction, nulls }) => ({
          [name]: name === 'maybe' || name === 'amount' ? { direction, nulls } : direction,
        }))
        const last = parts.at(-1)?.direction ?? 'asc'
        const written = [
          ...parts,
          ...(parts.some(p => p.name === 'id') ? [] : [{ name: 'id', direction: last, nulls: 'first' }]),
        ]
        const clause = written.map(p => `"${p.name}" ${p.direction} NULLS ${p.nulls}`).join(', ')
        const expected = (await query(url, `SELECT id FROM events ORDER BY ${clause}`)).map(row => Number(row.id))
        const found = await all(db.events, { orderBy, limit, ...(narrow && { select: ['id'] }) })
        assert.deepEqual(ids(found), expected)
        const keys = narrow ? ['id'] : ['id', 'at', 'maybe', 'amount']
        assert.deepEqual(Object.keys(found[0]), keys)
      },
    )
    await fc.assert(property, { numRuns, seed })
  })

for (const type of TYPES)
  for (const options of ['', '?prepare=false'])
    test(`rows are found by what was read of them, by ranges and equality alike: ${type}${options}`, async t => {
      const { db, add } = await setUp(t, type, options)
      const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 12 }), async rows => {
        await db.events.deleteMany({ all: true })
        await add(rows)
        const read = await db.events.list({ orderBy: { id: 'asc' } })
        for (const column of ['at', 'maybe'])
          for (const value of new Set(read.map(row => row[column]?.getTime()).filter(it => it !== undefined))) {
            const than = compare =>
              ids(read.filter(row => row[column] !== null && compare(row[column].getTime() - value)))
            const date = new Date(value)
            const list = [date, new Date(value + 1), new Date(0)]
            const listed = new Set(list.map(Number))
            const isIn = read.filter(row => row[column] !== null && listed.has(row[column].getTime()))
            for (const [filter, expected] of [
              [date, than(d => d === 0)],
              [{ ne: date }, ids(read.filter(row => row[column]?.getTime() !== value))],
              [{ lt: date }, than(d => d < 0)],
              [{ lte: date }, than(d => d <= 0)],
              [{ gt: date }, than(d => d > 0)],
              [{ gte: date }, than(d => d >= 0)],
              [{ gte: date, lte: date }, than(d => d === 0)],
              [{ in: list }, ids(isIn)],
              [{ notIn: list }, ids(read.filter(row => !isIn.includes(row)))],
              [{ in: [] }, []],
              [{ notIn: [] }, ids(read)],
            ]) {
              const found = await db.events.list({ where: { [column]: filter }, orderBy: { id: 'asc' } })
              assert.deepEqual(ids(found), expected, `${column} ${JSON.stringify(filter)}`)
            }
          }
      })
      await fc.assert(property, { numRuns: Math.ceil(numRuns / 4), seed })
    })

for (const type of TYPES)
  test(`groups and distinct values are compared as they are read: ${type}`, async t => {
    const { db, add } = await setUp(t, type)
    const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 20 }), async rows => {
      await db.events.deleteMany({ all: true })
      await add(rows)
      const read = await db.events.list({ orderBy: { id: 'asc' } })
      for (const column of ['at', 'maybe']) {
        const counts = new Map()
        for (const row of read) counts.set(time(row[column]), (counts.get(time(row[column])) ?? 0) + 1)
        const moments = [...counts.keys()].toSorted((a, b) => (a ?? -Infinity) - (b ?? -Infinity))
        const groups = await db.events.aggregate({ groupBy: [column], count: true, orderBy: { [column]: 'asc' } })
        assert.deepEqual(
          groups.map(group => [time(group[column]), group.count]),
          moments.map(at => [at, counts.get(at)]),
        )
        assert.equal(await db.events.count({ distinct: [column] }), counts.size)
        const values = await db.events.list({ distinct: [column], select: [column], orderBy: { [column]: 'asc' } })
        assert.deepEqual(
          values.map(row => time(row[column])),
          moments,
        )
        const first = await db.events.list({ distinct: [column], orderBy: { id: 'asc' } })
        assert.deepEqual(
          ids(first),
          ids(read.filter((row, i) => read.findIndex(it => time(it[column]) === time(row[column])) === i)),
        )
      }
    })
    await fc.assert(property, { numRuns: Math.ceil(numRuns / 2), seed })
  })

for (const options of ['', '?prepare=false'])
  test(`a key of a moment means one row, or the call is refused: ${options}`, async t => {
    const { db, url } = await setUp(t, 'timestamptz', options)
    const rows = () => query(url, `SELECT to_char(at AT TIME ZONE 'UTC', 'SS.US') AS at, n FROM days ORDER BY at`)
    const add = (...moments) => query(url, `INSERT INTO days SELECT unnest($1::timestamptz[]), 0`, [moments])
    await add('2026-11-20T10:00:01.123456Z', '2026-11-20T10:00:02.5Z', '2026-11-20T10:00:02.500001Z')
    const [one, two] = await db.days.list({ orderBy: { at: 'asc' } })
    assert.deepEqual(await db.days.get(one.at), one)
    assert.deepEqual(await db.days.update(one.at, { n: 1 }), { ...one, n: 1 })
    // Two rows have this key: which one is meant is not known.
    const refused = { code: 'SQL_FAILED', hint: /updateMany/ }
    await fails(() => db.days.get(two.at), refused)
    await fails(() => db.days.update(two.at, { n: 2 }), refused)
    await fails(() => db.days.delete(two.at), refused)
    // A row beside the one that was read would be its twin to JavaScript.
    await fails(() => db.days.upsert({ at: one.at, n: 3 }, { on: ['at'] }), refused)
    await fails(() => db.days.upsert({ at: one.at, n: 3 }, { on: ['at'], returning: false }), refused)
    await db.days.upsert({ at: new Date(0), n: 3 }, { on: ['at'], returning: false })
    assert.deepEqual(await db.days.upsert({ at: new Date(0), n: 4 }, { on: ['at'] }), { at: new Date(0), n: 4 })
    assert.deepEqual(await db.days.upsert({ at: new Date(0), n: 5 }, { on: ['at'] }), { at: new Date(0), n: 5 })
    assert.deepEqual(await rows(), [
      { at: '00.000000', n: '5' },
      { at: '01.123456', n: '1' },
      { at: '02.500000', n: '0' },
      { at: '02.500001', n: '0' },
    ])
    await db.days.delete(one.at)
    assert.equal(await db.days.updateMany({ where: { at: two.at } }, { n: 6 }), 2)
    assert.equal(await db.days.deleteMany({ where: { at: two.at } }), 2)
    await fails(() => db.days.delete(one.at), { code: 'NOT_FOUND' })
  })

test('an index serves comparisons of moments', async t => {
  const statements = []
  const { db, url } = await setUp(t, 'timestamptz(3)', '', statement => statements.push(statement))
  await query(
    url,
    `INSERT INTO events (at) SELECT timestamptz '2026-01-01Z' + n * interval '1 second' FROM generate_series(1, 20000) n`,
  )
  await query(url, 'ANALYZE events')
  const at = new Date('2026-01-01T01:00:00Z')
  for (const where of [{ at }, { at: { in: [at, new Date(+at + 2000)] } }, { at: { gte: at, lte: at } }]) {
    statements.length = 0
    await db.events.list({ where })
    const [{ sql }] = statements
    const values = sql.includes('ANY') ? [[at, new Date(+at + 2000)]] : [at, at].slice(0, sql.includes('$2') ? 2 : 1)
    const plan = await query(url, `EXPLAIN ${sql}`, values)
    assert.match(plan.map(row => row['QUERY PLAN']).join('\n'), /Index Cond/)
  }
})
