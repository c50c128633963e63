// SQL in every position that takes text: stored and compared as text, or refused as an unknown name; never executed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, model, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { storable } from '../support/differences.mjs'

const hostile = [
  "'; DROP TABLE users; --",
  '"; DROP TABLE users; --',
  "' OR '1'='1",
  '") OR 1=1 --',
  "x' UNION SELECT pin FROM users --",
  'id; DELETE FROM users',
  '1 OR 1=1',
  '?1',
  ':name',
  '\x24{"x"}',
  '`',
  '\\',
  '%\\_',
  '/* */',
  "'); process.exit(9); ('",
  '"]:process.exit(9),["',
  '\u2028',
  '\0',
].filter(storable)
const names = [`a"b'; DROP TABLE users; --`, 'select', 'x`y', '\x24{1}', '"]:0,["', '1', 'a b', '*', '\u2028', "'"]

const parent = 'r"\''

const models = schema(
  {
    users: model('users', {
      id: c.id(),
      name: c.text().nullable(),
      pin: c.text().nullable().private(),
      data: c.json().nullable(),
      role: c
        .enum(
          'r',
          hostile.filter(w => w !== '\0'),
        )
        .nullable(),
    }),
  },
  {},
)

const setUp = async t => {
  const db = await database(t, models)
  await db.users.create({ name: 'Ada', pin: '1234' })
  const intact = async (rows = 1) => {
    assert.equal((await db.sql`SELECT count(*) AS n FROM users`)[0].n, rows)
    assert.deepEqual(await db.users.get(1), { id: 1, name: 'Ada', data: null, role: null })
  }
  return { db, intact }
}

test('values', async t => {
  const { db, intact } = await setUp(t)
  for (const [i, text] of hostile.entries()) {
    const role = text === '\0' ? null : text
    const row = await db.users.create({ name: text, data: { [text]: text }, role })
    assert.deepEqual(await db.users.get(row.id), { id: row.id, name: text, data: { [text]: text }, role })
    await db.users.update(row.id, { name: null })
    await db.users.update(row.id, { name: text })
    await db.users.upsert({ id: row.id, name: text }, { on: ['id'] })
    assert.deepEqual(await db.sql`SELECT name FROM users WHERE name = ${text}`, [{ name: text }])
    await intact(i + 2)
  }
})

test('filters find the text itself and nothing else', async t => {
  const { db, intact } = await setUp(t)
  await db.users.createMany(hostile.map(name => ({ name, data: name })))
  const found = async where => (await db.users.list({ where })).map(row => row.name)
  for (const text of hostile) {
    assert.deepEqual(await found({ name: text }), [text])
    assert.deepEqual(await found({ name: { in: [text] } }), [text])
    assert.deepEqual(await found({ data: { eq: text } }), [text])
    assert.deepEqual(await found({ name: { like: text.replace(/[\\%_]/g, '\\$&') } }), [text])
    for (const [operator, method] of [
      ['contains', 'includes'],
      ['startsWith', 'startsWith'],
      ['endsWith', 'endsWith'],
    ])
      assert.deepEqual(
        await found({ name: { [operator]: text } }),
        hostile.filter(name => name[method](text)),
      )
    assert.equal(await db.users.count({ where: { name: { ne: text } } }), hostile.length)
  }
  await intact(hostile.length + 1)
})

test('names that no model has', async t => {
  const { db, intact } = await setUp(t)
  for (const text of [...hostile, ...names]) {
    const one = value => Object.fromEntries([[text, value]])
    const column = { code: 'UNKNOWN_COLUMN', columns: [text] }
    await fails(() => db.users.create(one(1)), column)
    await fails(() => db.users.update(1, one(1)), column)
    await fails(() => db.users.list({ where: one(1) }), column)
    await fails(() => db.users.list({ orderBy: one('asc') }), column)
    await fails(() => db.users.list({ select: [text] }), column)
    await fails(() => db.users.upsert({ name: 'x' }, { on: [text] }), column)
    await fails(() => db.users.list({ where: { name: one('x') } }), { code: 'UNKNOWN_OPERATOR', columns: ['name'] })
    await fails(() => db.users.list({ include: one(true) }), { code: 'UNKNOWN_RELATION' })
    if (text !== 'select') await fails(() => db.users.list(one(1)), { code: 'UNKNOWN_OPTION' })
    await fails(() => db.users.list({ orderBy: { id: text } }), { code: 'QUERY_INVALID' })
    await fails(() => db.users.list({ orderBy: { id: `asc${text}` } }), { code: 'QUERY_INVALID' })
    await fails(() => db.users.list({ limit: text }), { code: 'QUERY_INVALID' })
    await intact()
  }
})

test('models may have any names themselves', async t => {
  const odd = schema(
    {
      odd: model(
        'odd',
        {
          id: c.id(),
          parentId: c.integer().nullable().references('odd.id'),
          ...Object.fromEntries(names.map(n => [n, c.text().nullable()])),
        },
        x => names.map(n => index(x[n])),
      ).table(`t"'; DROP TABLE x; --`),
    },
    { odd: r => ({ [parent]: r.one('odd', 'parentId'), 'the rest': r.many('odd', 'parentId') }) },
  )
  const db = await database(t, odd)
  const row = Object.fromEntries(names.map((n, i) => [n, `v${i}`]))
  const made = await db.odd.create({ ...row, parentId: null })
  assert.deepEqual(made, { id: 1, parentId: null, ...row })
  const [child] = await db.odd.createMany([{ parentId: 1 }])
  await db.odd.update(child.id, row)
  for (const name of names) {
    assert.equal(await db.odd.count({ where: { [name]: row[name] } }), 2)
    assert.deepEqual(await db.odd.find({ select: [name], orderBy: { [name]: 'desc' } }), { [name]: row[name] })
  }
  const read = await db.odd.get(2, { include: { [parent]: { include: { 'the rest': { limit: 1 } } } } })
  assert.deepEqual(read, {
    id: 2,
    parentId: 1,
    ...row,
    [parent]: { ...made, 'the rest': [{ id: 2, parentId: 1, ...row }] },
  })
})
