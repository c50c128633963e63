// Aggregates against the same in plain JavaScript: random rows, groups, measures, conditions and orders.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { c, model, schema } from 'plinth'
import { database } from '../support/db.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 100)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const models = schema({
  rows: model('rows', {
    id: c.id(),
    whole: c.integer().nullable(),
    small: c.int32().nullable(),
    big: c.bigint().nullable(),
    price: c.decimal(18, 3).nullable(),
    real: c.real().nullable(),
    text: c.text().nullable(),
    word: c.enum('word', ['x', 'y']).nullable(),
    flag: c.boolean().nullable(),
    at: c.timestamp().nullable(),
    day: c.date().nullable(),
  }),
})

// Few different values, so that groups have several rows; reals whose sums are exact in any order.
const values = {
  whole: [null, 0, -3, 5, 2 ** 49],
  small: [null, 1, 2 ** 31 - 1, -(2 ** 31)],
  big: [null, 0n, 2n ** 63n - 1n, -(2n ** 63n), 7n],
  price: [null, '0.000', '-0.001', '999999999999999.999', '12.500'],
  real: [null, -0, 0.25, -8, 1024.5],
  text: [null, '', 'a', 'B', 'é', '\u{10ffff}', '\uffff'],
  word: [null, 'x', 'y'],
  flag: [null, true, false],
  at: [null, new Date(0), new Date(1.7e12)],
  day: [null, '0001-01-01', '2026-11-20'],
}
const names = Object.keys(values)
const numeric = ['whole', 'small', 'big', 'price', 'real']
const ordered = [...numeric, 'text', 'at', 'day']
const takes = { countDistinct: names, sum: numeric, avg: numeric, min: ordered, max: ordered }

/**
 * The stand-in for a value in comparisons: numbers of one kind, text by code point, moments by
 * time.
 */
function rank(name, value) {
  if (name === 'price') return BigInt(value.replace('.', ''))
  if (name === 'at') return value.getTime()
  if (name === 'text') return Buffer.from(value)
  return value === 0 ? 0 : value
}
const order = (a, b) => (Buffer.isBuffer(a) ? Buffer.compare(a, b) : a < b ? -1 : a > b ? 1 : 0)
const plain = value => (value === 0 ? 0 : value)

/** A decimal of so many thousandths. */
function decimal(scaled) {
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(4, '0')
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`
}

function sum(name, list) {
  if (name === 'price') return decimal(list.reduce((all, value) => all + rank(name, value), 0n))
  return plain(list.reduce((all, value) => all + value, name === 'big' ? 0n : 0))
}

/** One measure of some rows. */
function measure(rows, what, name) {
  if (what === 'count') return rows.length
  const list = rows.map(row => row[name]).filter(value => value !== null)
  const sorted = () => list.toSorted((a, b) => order(rank(name, a), rank(name, b)))
  if (what === 'countDistinct')
    return new Set(list.map(value => String(plain(value) instanceof Date ? value.getTime() : plain(value)))).size
  if (list.length === 0) return null
  if (what === 'sum') return sum(name, list)
  if (what === 'avg') return plain(Number(sum(name, list)) / list.length)
  return plain(what === 'min' ? sorted()[0] : sorted().at(-1))
}

/** The result of a comparison; null is never equal to a value. */
function holds(name, value, operator, operand) {
  if (operand === null) return (operator === 'eq') === (value === null)
  if (value === null) return operator === 'ne'
  const sign = order(rank(name, value), rank(name, operand))
  return { eq: sign === 0, ne: sign !== 0, lt: sign < 0, lte: sign <= 0, gt: sign > 0, gte: sign >= 0 }[operator]
}

/** The kind of a measure's values, for comparing them. */
const kindOf = (what, name) => (what === 'count' || what === 'countDistinct' || what === 'avg' ? 'whole' : name)

function meets(rows, having) {
  return Object.entries(having).every(([what, given]) => {
    if (what === 'and') return given.every(inner => meets(rows, inner))
    if (what === 'or') return given.some(inner => meets(rows, inner))
    if (what === 'not') return !meets(rows, given)
    const conditions = what === 'count' ? [[undefined, given]] : Object.entries(given)
    return conditions.every(([name, operators]) =>
      Object.entries(operators).every(([operator, operand]) =>
        holds(kindOf(what, name), measure(rows, what, name), operator, operand),
      ),
    )
  })
}

/** The expected result of `aggregate`. */
function expected(rows, { groupBy, having, orderBy, limit, offset, ...asked }) {
  const result = group => {
    const made = {}
    for (const [what, given] of Object.entries(asked)) {
      made[what] =
        what === 'count' ? group.length : Object.fromEntries(given.map(name => [name, measure(group, what, name)]))
    }
    return made
  }
  if (!groupBy) return result(rows)
  const keyOf = row =>
    JSON.stringify(groupBy.map(name => (typeof row[name] === 'bigint' ? String(row[name]) : plain(row[name]))))
  const byKey = new Map()
  for (const row of rows) byKey.set(keyOf(row), [...(byKey.get(keyOf(row)) ?? []), row])
  const groups = [...byKey.values()].filter(group => meets(group, having))
  const compare = (name, a, b, { direction, nulls }) => {
    if (a === null || b === null) return a === b ? 0 : (a === null) === (nulls === 'first') ? -1 : 1
    return order(rank(name, a), rank(name, b)) * (direction === 'desc' ? -1 : 1)
  }
  const parts = [...orderBy, ...groupBy.map(name => ({ [name]: { direction: 'asc', nulls: 'first' } }))]
  groups.sort((a, b) => {
    for (const part of parts) {
      const [[what, given]] = Object.entries(part)
      if (names.includes(what)) {
        const sign = compare(what, a[0][what], b[0][what], given)
        if (sign !== 0) return sign
        continue
      }
      const [[name, how]] = what === 'count' ? [[undefined, given]] : Object.entries(given)
      const sign = compare(kindOf(what, name), measure(a, what, name), measure(b, what, name), how)
      if (sign !== 0) return sign
    }
    return 0
  })
  const keys = group => Object.fromEntries(groupBy.map(name => [name, plain(group[0][name])]))
  return groups.slice(offset, offset + limit).map(group => ({ ...keys(group), ...result(group) }))
}

const row = fc.record(Object.fromEntries(names.map(name => [name, fc.constantFrom(...values[name])])))
const measures = fc.record(
  {
    count: fc.constant(true),
    ...Object.fromEntries(
      Object.keys(takes).map(what => [what, fc.uniqueArray(fc.constantFrom(...takes[what]), { minLength: 1 })]),
    ),
  },
  { requiredKeys: ['count'] },
)
const measured = fc.oneof(
  fc.constant(['count', undefined]),
  fc.constantFrom(...Object.keys(takes)).chain(what => fc.constantFrom(...takes[what]).map(name => [what, name])),
)
const placed = ([what, name], inner) => (what === 'count' ? { count: inner } : { [what]: { [name]: inner } })

const condition = measured.chain(([what, name]) => {
  const operand =
    what === 'count' || what === 'countDistinct'
      ? fc.integer({ min: 0, max: 4 })
      : what === 'avg'
        ? fc.constantFrom(-4, 0, 2.5, 1e10)
        : fc.constantFrom(...values[name].filter(value => value !== null))
  const compared = fc.tuple(fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), operand)
  const nulls = fc.constantFrom(['eq', null], ['ne', null])
  const nullable = what !== 'count' && what !== 'countDistinct'
  return (nullable ? fc.oneof({ weight: 4, arbitrary: compared }, nulls) : compared).map(([operator, value]) =>
    placed([what, name], { [operator]: value }),
  )
})
const { having } = fc.letrec(tie => ({
  having: fc.oneof(
    { maxDepth: 3 },
    condition,
    fc.constant({}),
    fc.record({ and: fc.array(tie('having'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('having'), { maxLength: 3 }) }),
    fc.record({ not: tie('having') }),
  ),
}))
const direction = fc.record({ direction: fc.constantFrom('asc', 'desc'), nulls: fc.constantFrom('first', 'last') })

const grouped = fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }).chain(groupBy => {
  const part = fc.oneof(
    fc.tuple(fc.constantFrom(...groupBy), direction).map(([name, how]) => ({ [name]: how })),
    fc.tuple(measured, direction).map(([what, how]) => placed(what, how)),
  )
  return fc
    .tuple(
      measures,
      having,
      fc.array(part, { maxLength: 3 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 3 }),
    )
    .map(([asked, having, orderBy, limit, offset]) => ({ groupBy, ...asked, having, orderBy, limit, offset }))
})

test('aggregates are what plain JavaScript makes of the rows', async t => {
  const db = await database(t, models)
  t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
  const property = fc.asyncProperty(fc.array(row, { maxLength: 12 }), measures, grouped, async (rows, one, groups) => {
    await db.rows.deleteMany({ all: true })
    await db.rows.createMany(rows)
    for (const query of [one, groups]) {
      assert.deepStrictEqual(await db.rows.aggregate(query), expected(rows, query))
      assert.deepStrictEqual(db.sync.rows.aggregate(query), expected(rows, query))
    }
  })
  await fc.assert(property, { numRuns, seed })
})
