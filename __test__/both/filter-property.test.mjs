// Random filters over random rows, relations among them, find exactly the rows that a plain JavaScript reading of them finds.
// PLINTH_RUNS sets how many; PLINTH_SEED repeats a run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { c, model, schema } from 'plinth'
import { database } from '../support/db.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 150)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const models = schema(
  {
    people: model('people', {
      id: c.id(),
      name: c.text().nullable(),
      age: c.integer().nullable(),
      bossId: c.integer().nullable().references('people.id'),
    }),
    cards: model('cards', { id: c.id(), ownerId: c.integer().unique().references('people.id'), code: c.text() }),
    tasks: model('tasks', {
      id: c.id(),
      ownerId: c.integer().nullable().references('people.id'),
      title: c.text(),
      points: c.integer().nullable(),
    }),
    tags: model('tags', { id: c.id(), label: c.text().nullable() }),
    taskTags: model('taskTags', {
      taskId: c.integer().primaryKey().references('tasks.id'),
      tagId: c.integer().primaryKey().references('tags.id'),
    }),
  },
  {
    people: r => ({
      boss: r.one('people', 'bossId'),
      reports: r.many('people', 'bossId'),
      card: r.has('cards', 'ownerId'),
      tasks: r.many('tasks', 'ownerId'),
    }),
    cards: r => ({ owner: r.one('people', 'ownerId') }),
    tasks: r => ({ owner: r.one('people', 'ownerId'), tags: r.many('tags', { through: 'taskTags' }) }),
    tags: r => ({ tasks: r.many('tasks', { through: 'taskTags' }) }),
  },
)

/** The relation of rows, in a second form: whether `b` is a row of the relation of `a`. */
const relations = {
  people: {
    boss: { to: 'people', is: (a, b) => a.bossId === b.id },
    reports: { to: 'people', many: true, is: (a, b) => b.bossId === a.id },
    card: { to: 'cards', is: (a, b) => b.ownerId === a.id },
    tasks: { to: 'tasks', many: true, is: (a, b) => b.ownerId === a.id },
  },
  cards: { owner: { to: 'people', is: (a, b) => a.ownerId === b.id } },
  tasks: {
    owner: { to: 'people', is: (a, b) => a.ownerId === b.id },
    tags: { to: 'tags', many: true, is: (a, b, all) => all.taskTags.some(p => p.taskId === a.id && p.tagId === b.id) },
  },
  tags: {
    tasks: {
      to: 'tasks',
      many: true,
      is: (a, b, all) => all.taskTags.some(p => p.tagId === a.id && p.taskId === b.id),
    },
  },
}
const words = ['', 'a', 'A', 'ab', 'b%', '_', "'", '\\', 'é', '😀', 'null']
const columns = {
  people: { id: 'integer', name: 'text?', age: 'integer?', bossId: 'integer?' },
  cards: { id: 'integer', code: 'text' },
  tasks: { id: 'integer', title: 'text', points: 'integer?', ownerId: 'integer?' },
  tags: { id: 'integer', label: 'text?' },
}
const names = Object.keys(columns)

const small = fc.integer({ min: 0, max: 4 })
const maybe = arbitrary => fc.option(arbitrary, { nil: null, freq: 3 })
const text = fc.constantFrom(...words)
/** Rows of every table; keys are their places, from 1. */
const tables = fc
  .record({
    people: fc.array(fc.record({ name: maybe(text), age: maybe(small), bossId: fc.nat({ max: 6 }) }), { maxLength: 6 }),
    cards: fc.uniqueArray(fc.record({ ownerId: fc.nat({ max: 5 }), code: text }), {
      maxLength: 4,
      selector: card => card.ownerId,
    }),
    tasks: fc.array(fc.record({ ownerId: fc.nat({ max: 6 }), title: text, points: maybe(small) }), { maxLength: 7 }),
    tags: fc.array(fc.record({ label: maybe(text) }), { maxLength: 4 }),
    taskTags: fc.uniqueArray(fc.tuple(fc.nat({ max: 6 }), fc.nat({ max: 3 })), {
      maxLength: 10,
      selector: pair => pair.join(),
    }),
  })
  .map(({ people, cards, tasks, tags, taskTags }) => {
    const numbered = rows => rows.map((row, i) => ({ id: i + 1, ...row }))
    /** A key that points to one of the people, to none of whom there is none. */
    const person = n => (n < people.length ? n + 1 : null)
    return {
      people: numbered(people).map(row => ({ ...row, bossId: person(row.bossId) })),
      cards: numbered(cards.filter(card => card.ownerId < people.length)).map(row => ({
        ...row,
        ownerId: row.ownerId + 1,
      })),
      tasks: numbered(tasks).map(row => ({ ...row, ownerId: person(row.ownerId) })),
      tags: numbered(tags),
      taskTags: taskTags
        .filter(([task, tag]) => task < tasks.length && tag < tags.length)
        .map(([task, tag]) => ({ taskId: task + 1, tagId: tag + 1 })),
    }
  })

const byCodePoint = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))
const compared = (a, b) => (typeof a === 'string' ? byCodePoint(a, b) : a - b)
const tests = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  in: (a, b) => b.includes(a),
  notIn: (a, b) => !b.includes(a),
  lt: (a, b) => a !== null && compared(a, b) < 0,
  lte: (a, b) => a !== null && compared(a, b) <= 0,
  gt: (a, b) => a !== null && compared(a, b) > 0,
  gte: (a, b) => a !== null && compared(a, b) >= 0,
  contains: (a, b) => a?.includes(b) ?? false,
  startsWith: (a, b) => a?.startsWith(b) ?? false,
  endsWith: (a, b) => a?.endsWith(b) ?? false,
}

/** A filter of a table, and what it says of a row: `{ where, says }`. */
function filter(gen, all, table, depth) {
  const pick = (...list) => gen(fc.constantFrom, ...list)
  const forms = ['column', 'column']
  if (depth > 0) forms.push('and', 'or', 'not', 'relation', 'relation', 'relation', 'nothing')
  const several = () => Array.from({ length: gen(fc.nat, { max: 2 }) }, () => filter(gen, all, table, depth - 1))
  switch (pick(...forms)) {
    case 'and': {
      const list = several()
      return { where: { and: list.map(f => f.where) }, says: row => list.every(f => f.says(row)) }
    }
    case 'or': {
      const list = several()
      return { where: { or: list.map(f => f.where) }, says: row => list.some(f => f.says(row)) }
    }
    case 'not': {
      const { where, says } = filter(gen, all, table, depth - 1)
      return { where: { not: where }, says: row => !says(row) }
    }
    case 'nothing':
      return { where: {}, says: () => true }
    case 'relation':
      return related(gen, all, table, depth, pick(...Object.keys(relations[table])))
    default:
      return column(gen, table, pick(...Object.keys(columns[table])))
  }
}

function column(gen, table, name) {
  const kind = columns[table][name]
  const of = kind.startsWith('text') ? text : small
  const operators = kind.startsWith('text') ? Object.keys(tests) : Object.keys(tests).slice(0, 8)
  const operator = gen(fc.constantFrom, ...operators)
  const list = operator === 'in' || operator === 'notIn'
  const nullable = kind.endsWith('?') && (operator === 'eq' || operator === 'ne')
  const value = list ? gen(() => fc.array(of, { maxLength: 3 })) : gen(() => (nullable ? maybe(of) : of))
  return { where: { [name]: { [operator]: value } }, says: row => tests[operator](row[name], value) }
}

function related(gen, all, table, depth, name) {
  const { to, many, is } = relations[table][name]
  const operator = gen(
    fc.constantFrom,
    ...(many ? ['some', 'none', 'every'] : ['is', 'isNot', 'is null', 'isNot null']),
  )
  const rows = row => all[to].filter(other => is(row, other, all))
  if (operator.endsWith('null')) {
    const word = operator.split(' ')[0]
    return { where: { [name]: { [word]: null } }, says: row => (rows(row).length === 0) === (word === 'is') }
  }
  const inner = filter(gen, all, to, depth - 1)
  const meets = {
    some: list => list.some(inner.says),
    none: list => !list.some(inner.says),
    every: list => list.every(inner.says),
    is: list => list.some(inner.says),
    isNot: list => !list.some(inner.says),
  }
  return { where: { [name]: { [operator]: inner.where } }, says: row => meets[operator](rows(row)) }
}

/** Puts these rows into the empty tables, checks, and empties them again. */
async function withRows(db, all, check) {
  // Bosses come after all are there: a key may point to a later row.
  await db.people.createMany(all.people.map(row => ({ ...row, bossId: null })))
  for (const { id, bossId } of all.people) if (bossId) await db.people.update(id, { bossId })
  for (const name of ['cards', 'tasks', 'tags', 'taskTags']) await db[name].createMany(all[name])
  try {
    await check()
  } finally {
    for (const name of ['taskTags', 'tags', 'tasks', 'cards']) await db[name].deleteMany({ all: true })
    await db.people.updateMany({ all: true }, { bossId: null })
    await db.people.deleteMany({ all: true })
  }
}

/** Checks a law on random rows of these tables. */
function law(name, check) {
  test(name, async t => {
    t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
    const db = await database(t, models)
    const property = fc.asyncProperty(tables, fc.gen(), (all, gen) => withRows(db, all, () => check(db, all, gen)))
    await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
  })
}

const byId = { orderBy: { id: 'asc' } }
const shown = where => JSON.stringify(where)

law('a filter over relations finds the rows that it says', async (db, all, gen) => {
  const table = gen(fc.constantFrom, ...names)
  const { where, says } = filter(gen, all, table, 4)
  const expected = all[table].filter(says)
  assert.deepEqual(await db[table].list({ where, ...byId }), expected, shown(where))
  assert.equal(await db[table].count({ where }), expected.length)
  assert.equal(db.sync[table].exists({ where: { not: where } }), expected.length < all[table].length)
})

law('so it does among the rows of an include', async (db, all, gen) => {
  const table = gen(fc.constantFrom, ...names)
  const name = gen(fc.constantFrom, ...Object.keys(relations[table]))
  const { to, many, is } = relations[table][name]
  const { where, says } = filter(gen, all, to, 3)
  const limit = gen(fc.constantFrom, undefined, 2)
  const found = await db[table].list({ ...byId, include: { [name]: { where, ...byId, limit } } })
  const rows = row => all[to].filter(other => is(row, other, all) && says(other))
  const expected = all[table].map(row => ({
    ...row,
    [name]: many ? rows(row).slice(0, limit) : (rows(row)[0] ?? null),
  }))
  assert.deepEqual(found, expected, shown(where))
})

law('distinct keeps the first row of each combination', async (db, all, gen) => {
  const distinct = gen(fc.subarray, ['ownerId', 'title', 'points'], { minLength: 1 })
  const [direction, nulls] = [gen(fc.constantFrom, 'asc', 'desc'), gen(fc.constantFrom, 'first', 'last')]
  const { where, says } = filter(gen, all, 'tasks', 2)
  const order = (a, b) => {
    if (a.points === b.points) return a.id - b.id
    if (a.points === null || b.points === null) return (a.points === null) === (nulls === 'first') ? -1 : 1
    return direction === 'asc' ? a.points - b.points : b.points - a.points
  }
  const told = row => JSON.stringify(distinct.map(name => row[name]))
  const sorted = all.tasks.filter(says).sort(order)
  const first = sorted.filter((row, i) => sorted.findIndex(other => told(other) === told(row)) === i)
  const [limit, offset] = [gen(fc.constantFrom, undefined, 2), gen(fc.constantFrom, undefined, 1)]
  const query = { where, distinct, orderBy: { points: { direction, nulls } }, limit, offset }
  const expected = first.slice(offset ?? 0, limit && (offset ?? 0) + limit)
  assert.deepEqual(await db.tasks.list(query), expected, JSON.stringify(query))
  assert.equal(await db.tasks.count({ where, distinct }), first.length)
  const alone = await db.tasks.list({ where, distinct, select: distinct })
  assert.deepEqual(alone.map(told).sort(), first.map(told).sort())
})

law('_count counts the rows that its filter finds', async (db, all, gen) => {
  const table = gen(fc.constantFrom, ...names.filter(name => name !== 'cards'))
  const name = gen(fc.constantFrom, ...Object.keys(relations[table]).filter(name => relations[table][name].many))
  const { to, is } = relations[table][name]
  const { where, says } = filter(gen, all, to, 3)
  const outer = filter(gen, all, table, 2)
  const found = await db[table].list({ ...byId, where: outer.where, include: { _count: { [name]: { where } } } })
  const count = row => all[to].filter(other => is(row, other, all) && says(other)).length
  const expected = all[table].filter(outer.says).map(row => ({ ...row, _count: { [name]: count(row) } }))
  assert.deepEqual(found, expected, shown(where))
})

law('updateMany and deleteMany change these rows and no others', async (db, all, gen) => {
  const { where, says } = filter(gen, all, 'tasks', 4)
  const meant = all.tasks.filter(says)
  const guarded = async call => {
    try {
      assert.equal(await call(), meant.length, shown(where))
      return true
    } catch (error) {
      // What is always true is refused, but never what is not.
      if (error.code !== 'WHERE_REQUIRED') throw error
      assert.equal(meant.length, all.tasks.length, shown(where))
      return false
    }
  }
  if (await guarded(() => db.tasks.updateMany({ where }, { title: 'changed' }))) {
    const after = all.tasks.map(row => (says(row) ? { ...row, title: 'changed' } : row))
    assert.deepEqual(await db.tasks.list(byId), after, shown(where))
    for (const { id, title } of all.tasks) await db.tasks.update(id, { title })
  }
  await db.taskTags.deleteMany({ all: true })
  const without = { ...all, taskTags: [] }
  const again = filter(gen, without, 'tasks', 4)
  try {
    await db.tasks.deleteMany({ where: again.where })
    assert.deepEqual(
      await db.tasks.list(byId),
      without.tasks.filter(row => !again.says(row)),
      shown(again.where),
    )
  } catch (error) {
    if (error.code !== 'WHERE_REQUIRED') throw error
  }
})

law(
  'the pages of any order are the list in that order; a filter and its contrary have all rows, each once',
  async (db, all, gen) => {
    const table = gen(fc.constantFrom, ...names)
    const { where } = filter(gen, all, table, 3)
    const ordered = gen(fc.subarray, Object.keys(columns[table]), { minLength: 0 })
    const way = () => ({ direction: gen(fc.constantFrom, 'asc', 'desc'), nulls: gen(fc.constantFrom, 'first', 'last') })
    const orderBy = ordered.map(name => ({ [name]: columns[table][name].endsWith('?') ? way() : way().direction }))
    // A list has rows that are equal in the order in any order; by the key none are.
    if (!ordered.includes('id')) orderBy.push({ id: way().direction })
    const limit = gen(fc.constantFrom, 1, 2, 3)
    const list = await db[table].list({ where, orderBy })
    const paged = []
    let after
    do {
      const page = await db[table].page({ where, orderBy, limit, after })
      paged.push(...page.rows)
      after = page.next
      assert.ok(paged.length <= list.length && page.rows.length <= limit, JSON.stringify({ where, orderBy, limit }))
    } while (after !== null)
    assert.deepEqual(paged, list, JSON.stringify({ where, orderBy, limit }))
    const others = await db[table].list({ where: { not: where } })
    const ids = [...list, ...others].map(row => row.id).sort((a, b) => a - b)
    assert.deepEqual(
      ids,
      all[table].map(row => row.id),
      shown(where),
    )
  },
)
