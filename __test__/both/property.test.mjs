// Random models take random rows and give them back identical; equality and in find exactly the rows that match.
// PLINTH_RUNS sets how many; PLINTH_SEED repeats a run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { initDb, open } from 'plinth'
import { fresh, PLACES } from '../support/dialect.mjs'
import { modelWithRows, same } from '../support/random.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 60)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

/** Checks a law on random models, each on a database of its own. */
function law(name, check) {
  test(name, async t => {
    t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
    const property = fc.asyncProperty(modelWithRows, fc.gen(), async (given, gen) => {
      const { url, drop } = await fresh(PLACES[0])
      const db = open({ models: given.models, url })
      try {
        await initDb({ db })
        await check(db, given, gen)
      } finally {
        await db.close()
        await drop()
      }
    })
    await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
  })
}

const without = (row, hidden) => Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.includes(name)))
const keyOf = (row, { keys }) => (keys.length === 1 ? row[keys[0]] : Object.fromEntries(keys.map(k => [k, row[k]])))

/** The rows in the order in which they were made, as they must be, keys that the database made taken from `made`. */
const completed = ({ expected, keys }, made) =>
  expected.map((row, i) => (keys[0] === 'id' ? { id: made[i].id, ...row } : row))

law('rows come back as they went in, by every way', async (db, given) => {
  const { rows, hidden, names } = given
  const half = Math.ceil(rows.length / 2)
  const made = []
  for (const row of rows.slice(0, half)) made.push(await db.things.create(row))
  made.push(...(await db.things.createMany(rows.slice(half))))
  const whole = completed(given, made)
  const shown = whole.map(row => without(row, hidden))
  assert.deepStrictEqual(made, shown)
  assert.equal(await db.things.count(), rows.length)
  const listed = await db.things.list({ select: names })
  for (const [i, row] of whole.entries()) {
    const id = keyOf(row, given)
    assert.deepStrictEqual(await db.things.get(id), shown[i])
    assert.deepStrictEqual(db.sync.things.get(id), shown[i])
    assert.deepStrictEqual(await db.things.get(id, { select: names }), row)
    assert.ok(listed.some(other => same(Object.entries(other), Object.entries(row))))
    assert.deepStrictEqual(await db.things.update(id, {}), shown[i])
    assert.deepStrictEqual(await db.things.upsert(row, { on: given.keys }), shown[i])
  }
  await db.things.deleteMany({ all: true })
  assert.deepStrictEqual(db.sync.things.createMany(whole), shown)
  for (const row of whole) await db.things.delete(keyOf(row, given))
  assert.deepStrictEqual(await db.things.list(), [])
})

law('an update changes what it is given and no more', async (db, given, gen) => {
  const made = await db.things.createMany(given.rows)
  const whole = completed(given, made)
  const at = gen(fc.nat, { max: whole.length - 1 })
  const free = given.names.filter(name => !given.keys.includes(name))
  const changed = gen(fc.subarray, free)
  const other = gen(fc.constantFrom, ...whole)
  const set = Object.fromEntries(changed.map(name => [name, other[name]]))
  const after = whole.map((row, i) => (i === at ? { ...row, ...set } : row))
  try {
    const row = await db.things.update(keyOf(whole[at], given), set)
    assert.deepStrictEqual(row, without(after[at], given.hidden))
  } catch (error) {
    if (error.code !== 'UNIQUE_VIOLATION') throw error
    after[at] = whole[at]
  }
  for (const row of after) assert.deepStrictEqual(await db.things.get(keyOf(row, given), { select: given.names }), row)
})

law('equality and in find exactly the rows that match', async (db, given, gen) => {
  const made = await db.things.createMany(given.rows)
  const whole = completed(given, made)
  const ids = async where =>
    (await db.things.list({ where, select: given.names })).map(row => JSON.stringify(Object.values(keyText(row))))
  const keyText = row =>
    given.keys.map(k =>
      typeof row[k] === 'bigint' ? `${row[k]}` : row[k] instanceof Uint8Array ? [...row[k]] : row[k],
    )
  const is = async (where, test) => {
    const expected = whole.filter(test).map(row => JSON.stringify(Object.values(keyText(row))))
    assert.deepEqual((await ids(where)).sort(), expected.sort())
    assert.equal(db.sync.things.count({ where }), expected.length)
    assert.deepEqual((await ids({ not: where })).length, whole.length - expected.length)
  }
  const matches = value => row => name =>
    value === null ? row[name] === null : row[name] !== null && same(row[name], value)
  for (const name of given.comparable) {
    const value = gen(fc.constantFrom, ...whole)[name]
    await is({ [name]: value }, row => matches(value)(row)(name))
    await is({ [name]: { ne: value } }, row => !matches(value)(row)(name))
    const picked = gen(fc.subarray, whole)
      .map(row => row[name])
      .filter(v => v !== null)
    const among = row => picked.some(v => matches(v)(row)(name))
    await is({ [name]: { in: picked } }, among)
    await is({ [name]: { notIn: picked } }, row => !among(row))
    await is({ or: [{ [name]: value }, { [name]: { in: picked } }] }, row => matches(value)(row)(name) || among(row))
  }
  for (const name of given.json) {
    const value = gen(fc.constantFrom, ...whole)[name]
    const where = value === null ? { isNull: true } : { eq: value }
    const equal = row =>
      value === null ? row[name] === null : row[name] !== null && sorted(row[name]) === sorted(value)
    await is({ [name]: where }, equal)
  }
})

law('any and, or and not of them find what they say', async (db, given, gen) => {
  const made = await db.things.createMany(given.rows)
  const whole = completed(given, made)
  const names = given.comparable.length ? given.comparable : given.keys
  const pick = list => gen(fc.constantFrom, ...list)
  const valueIn = name => pick(whole)[name]
  const is = (row, name, value) => (value === null ? row[name] === null : row[name] !== null && same(row[name], value))
  /** A filter and what it says of a row. */
  const filter = depth => {
    const form = pick(depth > 0 ? ['eq', 'ne', 'in', 'notIn', 'and', 'or', 'not', 'both'] : ['eq', 'ne', 'in', 'notIn'])
    const inner = () => Array.from({ length: gen(fc.nat, { max: 3 }) }, () => filter(depth - 1))
    if (form === 'and' || form === 'or') {
      const list = inner()
      const says = form === 'and' ? row => list.every(f => f.says(row)) : row => list.some(f => f.says(row))
      return { where: { [form]: list.map(f => f.where) }, says }
    }
    if (form === 'not') {
      const one = filter(depth - 1)
      return { where: { not: one.where }, says: row => !one.says(row) }
    }
    if (form === 'both') {
      const [a, b] = [filter(depth - 1), filter(depth - 1)]
      return { where: { and: [a.where], not: b.where }, says: row => a.says(row) && !b.says(row) }
    }
    const name = pick(names)
    if (form === 'eq' || form === 'ne') {
      const value = valueIn(name)
      return { where: { [name]: { [form]: value } }, says: row => is(row, name, value) === (form === 'eq') }
    }
    const values = [valueIn(name), valueIn(name)].filter(value => value !== null)
    return {
      where: { [name]: { [form]: values } },
      says: row => values.some(v => is(row, name, v)) === (form === 'in'),
    }
  }
  const { where, says } = filter(4)
  const found = await db.things.list({ where, select: given.names })
  const expected = whole.filter(says)
  assert.equal(found.length, expected.length)
  for (const row of expected) assert.ok(found.some(other => same(Object.entries(other), Object.entries(row))))
  assert.equal(await db.things.exists({ where }), expected.length > 0)
  if (expected.length < whole.length) {
    assert.equal(await db.things.deleteMany({ where }), expected.length)
    assert.equal(await db.things.count({ where: { not: where } }), whole.length - expected.length)
  }
})

/** JSON text with the keys of each object in one order; an object is never an array. */
const sorted = value =>
  JSON.stringify(value, (_, v) =>
    v && typeof v === 'object' && !Array.isArray(v) && !v.toJSON
      ? { keys: Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)) }
      : v,
  )
