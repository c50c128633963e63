// docs/reference/where.md holds: operators work on the kinds that it names, and on no other; NULL, order and included rows are as the guide says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as exported from 'plinth'
import { found, tables } from './support/documents.mjs'

const plinth = { ...exported }

test('every operator works on the kinds it names, and on no other', async t => {
  const { c, initDb, model, open, schema } = plinth
  const columns = {
    integer: [c.integer(), 1],
    bigint: [c.bigint(), 1n],
    int32: [c.int32(), 1],
    real: [c.real(), 1.5],
    decimal: [c.decimal(5, 2), '1.50'],
    text: [c.text(), 'a'],
    boolean: [c.boolean(), true],
    uuid: [c.uuid(), '01890a5d-ac96-774b-bcce-b302099a8057'],
    timestamp: [c.timestamp(), new Date(0)],
    date: [c.date(), '2026-11-20'],
    json: [c.json().nullable(), { a: 1 }],
    bytes: [c.bytes(), new Uint8Array([1])],
    enum: [c.enum('e', ['a', 'b']), 'a'],
  }
  const kinds = Object.keys(columns)
  const ordered = kinds.filter(kind => !['boolean', 'uuid', 'bytes', 'enum', 'json'].includes(kind))
  const on = {
    'every kind but JSON': kinds.filter(kind => kind !== 'json'),
    'numbers, text, timestamps, dates': ordered,
    'text, by code points whatever its collation; only in `like` are `%` and `_` wildcards': ['text'],
    'JSON, compared by value': ['json'],
  }
  const ofRelations = []
  const allowed = new Map()
  for (const [head, where] of tables('docs/reference/where.md')) {
    if (where === 'conditions') continue
    if (where.startsWith('a relation')) {
      ofRelations.push(...found(head, /`(\w+)`/g))
      continue
    }
    for (const operator of found(head, /`(\w+)`/g)) {
      assert.ok(on[where], where)
      allowed.set(operator, [...(allowed.get(operator) ?? []), ...on[where]])
    }
  }
  assert.equal(allowed.size, 13)

  const declared = Object.fromEntries(kinds.map(kind => [kind, columns[kind][0]]))
  const all = model('all', { id: c.id(), ...declared, up: c.integer().nullable().references('all.id') })
  const models = schema({ all }, { all: r => ({ one: r.one('all', 'up'), many: r.many('all', 'up') }) })
  const db = open({ models, url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db })
  await db.all.create(Object.fromEntries(kinds.map(kind => [kind, columns[kind][1]])))
  for (const [operator, names] of allowed) {
    for (const kind of kinds) {
      const value = columns[kind][1]
      const operand = { in: [value], notIn: [value], isNull: false }[operator] ?? value
      const count = db.all.count({ where: { [kind]: { [operator]: operand } } })
      if (!names.includes(kind)) await assert.rejects(count, { code: 'UNKNOWN_OPERATOR' }, `${kind} ${operator}`)
      else assert.equal(await count, ['ne', 'notIn', 'lt', 'gt'].includes(operator) ? 0 : 1, `${kind} ${operator}`)
    }
  }
  assert.equal(ofRelations.length, 5)
  for (const operator of ofRelations) {
    const [its, other] = operator.startsWith('is') ? ['one', 'many'] : ['many', 'one']
    const count = db.all.count({ where: { [its]: { [operator]: {} } } })
    assert.equal(await count, ['none', 'every', 'isNot'].includes(operator) ? 1 : 0, operator)
    await assert.rejects(db.all.count({ where: { [other]: { [operator]: {} } } }), { code: 'UNKNOWN_OPERATOR' })
  }
})

test('what docs/guide/queries.md says of NULL, order and included rows', async t => {
  const { c, initDb, model, open, schema } = plinth
  const things = model('things', {
    id: c.id(),
    n: c.integer().nullable(),
    parentId: c.integer().nullable().references('things.id'),
    at: c.timestamp().touch(),
  })
  const models = schema(
    { things },
    { things: r => ({ parent: r.one('things', 'parentId'), parts: r.many('things', 'parentId') }) },
  )
  const db = open({ models, url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db })
  await db.things.createMany([{ n: 1 }, { n: null, parentId: 1 }, { n: 2, parentId: 1, at: undefined }])
  const ids = async where => (await db.things.list({ where, orderBy: { id: 'asc' } })).map(row => row.id)
  assert.deepEqual(await ids({ n: null }), [2])
  for (const opposite of [{ n: { ne: 1 } }, { n: { notIn: [1] } }, { not: { n: 1 } }])
    assert.deepEqual(await ids(opposite), [2, 3])
  assert.deepEqual(await ids({ not: { n: { gt: 1 } } }), [1, 2])
  for (const never of [{ n: { lt: 9 } }, { n: { gte: 0 } }]) assert.deepEqual(await ids(never), [1, 3])
  for (const [direction, order] of [
    ['asc', [null, 1, 2]],
    ['desc', [2, 1, null]],
  ]) {
    const rows = await db.things.list({ orderBy: { n: direction } })
    assert.deepEqual(
      rows.map(row => row.n),
      order,
    )
  }
  const [one, two, three] = await db.things.list({
    include: { parent: true, parts: { limit: 1 } },
    orderBy: { id: 'asc' },
  })
  assert.ok(two.parent === three.parent && two.parent.id === 1)
  assert.deepEqual([one.parts.length, two.parts.length], [1, 0])
  await assert.rejects(db.things.list({ where: { n: undefined } }), { code: 'VALUE_INVALID' })
  await assert.rejects(db.things.deleteMany({}), { code: 'WHERE_REQUIRED' })
})
