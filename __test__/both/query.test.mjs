// Which rows a query finds, in which order, and with which columns. Relations are in include.test.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'
import { storable } from '../support/differences.mjs'

const people = schema({
  people: model('people', {
    id: c.id(),
    name: c.text().nullable(),
    mail: c.text().lowercase().nullable(),
    age: c.integer().nullable(),
    score: c.real().nullable(),
    big: c.bigint().nullable(),
    price: c.decimal(9, 3).nullable(),
    active: c.boolean().nullable(),
    role: c.enum('role', ['admin', 'member', 'viewer']).nullable(),
    key: c.uuid().nullable(),
    day: c.date().nullable(),
    at: c.timestamp().nullable(),
    raw: c.bytes().nullable(),
    data: c.json().nullable(),
    pin: c.text().nullable().private(),
  }),
})

/** People with these values, and what the ids of a filter's rows are, by list, find, count and exists, blocking too. */
async function setUp(t, rows) {
  const db = await database(t, people)
  await db.people.createMany(rows)
  const matching = async where => {
    const found = ids(await db.people.list({ where, orderBy: { id: 'asc' } }))
    assert.deepEqual(ids(db.sync.people.list({ where, orderBy: { id: 'asc' } })), found)
    assert.equal(await db.people.count({ where }), found.length)
    assert.equal(await db.people.exists({ where }), found.length > 0)
    assert.equal((await db.people.find({ where, orderBy: { id: 'asc' } }))?.id, found[0])
    return found
  }
  return { db, matching }
}

const uuid = n => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const at = n => new Date(Date.UTC(2026, 0, n, 1, 2, 3, n))
// Three values of each kind in ascending order, as rows 1, 2, 3; row 4 has none.
const ascending = {
  name: ['a', 'b', 'c'],
  mail: ['a@x', 'b@x', 'c@x'],
  age: [-1, 0, 10],
  score: [-1.5, 0, 1e100],
  big: [-(2n ** 63n), 0n, 2n ** 63n - 1n],
  price: ['-10.000', '0.000', '9.001'],
  active: [true, false, true],
  role: ['admin', 'member', 'viewer'],
  key: [uuid(1), uuid(2), uuid(3)],
  day: ['0001-01-01', '2026-02-28', '9999-12-31'],
  at: [at(1), at(2), at(3)],
  raw: [Uint8Array.of(), Uint8Array.of(0), Uint8Array.of(1, 2)],
}
const threeAndNone = [0, 1, 2].map(i => Object.fromEntries(Object.keys(ascending).map(k => [k, ascending[k][i]])))
threeAndNone.push({})

for (const column of Object.keys(ascending)) {
  const [one, two, three] = ascending[column]
  const boolean = column === 'active'

  test(`${column}: equality, in, and null`, async t => {
    const { matching } = await setUp(t, threeAndNone)
    assert.deepEqual(await matching({ [column]: two }), [2])
    assert.deepEqual(await matching({ [column]: { eq: two } }), [2])
    assert.deepEqual(await matching({ [column]: { ne: two } }), [1, 3, 4])
    assert.deepEqual(await matching({ [column]: { in: boolean ? [true] : [three, one] } }), [1, 3])
    assert.deepEqual(await matching({ [column]: { notIn: boolean ? [true] : [three, one] } }), [2, 4])
    assert.deepEqual(await matching({ [column]: { in: [] } }), [])
    assert.deepEqual(await matching({ [column]: { notIn: [] } }), [1, 2, 3, 4])
    for (const none of [null, { eq: null }]) assert.deepEqual(await matching({ [column]: none }), [4])
    assert.deepEqual(await matching({ [column]: { ne: null } }), [1, 2, 3])
    assert.deepEqual(await matching({ not: { [column]: two } }), [1, 3, 4])
    assert.deepEqual(await matching({ not: { [column]: null } }), [1, 2, 3])
  })

  if (['active', 'role', 'key', 'raw'].includes(column)) continue
  test(`${column}: order`, async t => {
    const { db, matching } = await setUp(t, threeAndNone)
    assert.deepEqual(await matching({ [column]: { lt: two } }), [1])
    assert.deepEqual(await matching({ [column]: { lte: two } }), [1, 2])
    assert.deepEqual(await matching({ [column]: { gt: two } }), [3])
    assert.deepEqual(await matching({ [column]: { gte: two } }), [2, 3])
    assert.deepEqual(await matching({ [column]: { gt: one, lt: three } }), [2])
    assert.deepEqual(await matching({ not: { [column]: { gt: two } } }), [1, 2, 4])
    assert.deepEqual(ids(await db.people.list({ orderBy: { [column]: 'asc' } })), [4, 1, 2, 3])
    assert.deepEqual(ids(await db.people.list({ orderBy: { [column]: 'desc' } })), [3, 2, 1, 4])
  })
}

test('and, or, not: what is not true is false, null or not', async t => {
  const { matching } = await setUp(t, [
    { name: 'a', age: 1 },
    { name: 'a', age: null },
    { name: null, age: 1 },
    { name: null, age: null },
    { name: 'b', age: 2 },
  ])
  const a = { name: 'a' }
  const one = { age: 1 }
  assert.deepEqual(await matching({ and: [a, one] }), [1])
  assert.deepEqual(await matching({ ...a, ...one }), [1])
  assert.deepEqual(await matching({ or: [a, one] }), [1, 2, 3])
  assert.deepEqual(await matching({ not: { ...a, ...one } }), [2, 3, 4, 5])
  assert.deepEqual(await matching({ not: { or: [a, one] } }), [4, 5])
  assert.deepEqual(await matching({ not: { not: a } }), [1, 2])
  assert.deepEqual(await matching({ not: { age: { gt: 1 } } }), [1, 2, 3, 4])
  assert.deepEqual(await matching({ not: { age: { in: [1] } } }), [2, 4, 5])
  assert.deepEqual(await matching({ not: { age: { notIn: [1] } } }), [1, 3])
  assert.deepEqual(await matching({ not: { name: { contains: 'a' } } }), [3, 4, 5])
  assert.deepEqual(await matching({ or: [{ name: null }, { age: { gte: 2 } }], not: { age: 1 } }), [4, 5])
  assert.deepEqual(await matching({ and: [{ or: [a, { name: 'b' }] }, { or: [one, { age: 2 }] }] }), [1, 5])
})

test('nothing to meet is met by every row, none of nothing by no row', async t => {
  const { matching } = await setUp(t, [{}, {}])
  for (const every of [{}, { and: [] }, { not: { or: [] } }, { or: [{}] }, { and: [{}, { and: [] }] }])
    assert.deepEqual(await matching(every), [1, 2])
  for (const none of [{ or: [] }, { not: {} }, { not: { and: [] } }, { or: [{ or: [] }] }, { and: [{}, { or: [] }] }])
    assert.deepEqual(await matching(none), [])
})

test('filters nest deeply and hold thousands of conditions', async t => {
  const { matching } = await setUp(t, [{ age: 1 }, { age: 2 }, { age: 3 }])
  let deep = { age: 2 }
  for (let i = 0; i < 99; i++) deep = i % 2 ? { and: [deep] } : { or: [deep, { age: -i }] }
  assert.deepEqual(await matching(deep), [2])
  const many = Array.from({ length: 5000 }, (_, i) => ({ age: i + 3, name: null }))
  assert.deepEqual(await matching({ or: many }), [3])
  assert.deepEqual(await matching({ and: Array.from({ length: 3000 }, (_, i) => ({ age: { ne: i + 3 } })) }), [1, 2])
  assert.deepEqual(await matching({ age: { in: Array.from({ length: 200_000 }, (_, i) => i + 2) } }), [2, 3])
})

test('like: % is any text, _ any character, a backslash takes what follows as it is; case counts', async t => {
  const names = ['abc', 'ABC', 'a%c', 'a_c', 'a\\c', 'añc', 'a😀c', '', null, 'a\0c', 'a\nc'].filter(storable)
  const { matching } = await setUp(
    t,
    names.map(name => ({ name })),
  )
  const like = async pattern => (await matching({ name: { like: pattern } })).map(id => names[id - 1])
  assert.deepEqual(await like('abc'), ['abc'])
  assert.deepEqual(await like('A%'), ['ABC'])
  assert.deepEqual(await like('a_c'), ['abc', 'a%c', 'a_c', 'a\\c', 'añc', 'a😀c', 'a\0c', 'a\nc'].filter(storable))
  assert.deepEqual(await like('a\\%c'), ['a%c'])
  assert.deepEqual(await like('a\\_c'), ['a_c'])
  assert.deepEqual(await like('a\\\\c'), ['a\\c'])
  assert.deepEqual(
    await like('%'),
    names.filter(n => n !== null),
  )
  assert.deepEqual(await like(''), [''])
  assert.deepEqual(
    await like('%c%'),
    names.filter(n => n?.includes('c')),
  )
})

test('contains, startsWith, endsWith take every character as it is', async t => {
  const names = [
    '100%',
    '100',
    'x_y',
    'xzy',
    'c:\\dir',
    'c:dir',
    '日本語',
    '本',
    'a\0b',
    '',
    null,
    'Ab',
    'ab',
    '\u{10ffff}x',
  ].filter(storable)
  const { matching } = await setUp(
    t,
    names.map(name => ({ name })),
  )
  const texts = ['%', '_', '\\', '本', '日', '語', '\0', '', 'a', 'A', '100%', '0', 'dir', '\u{10ffff}', "'", '"']
  for (const text of texts.filter(storable))
    for (const [operator, method] of [
      ['contains', 'includes'],
      ['startsWith', 'startsWith'],
      ['endsWith', 'endsWith'],
    ]) {
      const expected = names.flatMap((name, i) => (name?.[method](text) ? [i + 1] : []))
      assert.deepEqual(await matching({ name: { [operator]: text } }), expected, `${operator} ${JSON.stringify(text)}`)
    }
})

test('text is ordered by code points', async t => {
  const names = [
    '',
    '\0',
    ' ',
    'A',
    'Z',
    'a',
    'z',
    '~',
    'ß',
    'é',
    'я',
    '日',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '𐀀',
    '😀',
    '\u{10ffff}',
  ].filter(storable)
  const { db, matching } = await setUp(
    t,
    [...names].reverse().map(name => ({ name })),
  )
  const listed = await db.people.list({ orderBy: { name: 'asc' } })
  assert.deepEqual(
    listed.map(r => r.name),
    names,
  )
  assert.equal((await matching({ name: { gt: '\uffff' } })).length, 3)
})

test('text in a lower-case column is compared in lower case', async t => {
  const { matching } = await setUp(t, [{ mail: 'Ada@X.com' }, { mail: 'bea@x.com' }])
  assert.deepEqual(await matching({ mail: 'ADA@x.COM' }), [1])
  assert.deepEqual(await matching({ mail: { in: ['ADA@x.com'] } }), [1])
  assert.deepEqual(await matching({ mail: { startsWith: 'ADA' } }), [1])
  assert.deepEqual(await matching({ mail: { contains: 'X.C' } }), [1, 2])
  assert.deepEqual(await matching({ mail: { like: 'B%' } }), [2])
  assert.deepEqual(await matching({ mail: { gt: 'B' } }), [2])
})

test('a UUID is found in any case', async t => {
  const { matching } = await setUp(t, [{ key: '0190ABCD-0000-7000-8000-00000000ABCD' }])
  assert.deepEqual(await matching({ key: '0190abcd-0000-7000-8000-00000000abcd' }), [1])
  assert.deepEqual(await matching({ key: { in: ['0190ABCD-0000-7000-8000-00000000ABCD'] } }), [1])
})

test('reals are found by equality and in lists to the last bit, zero whatever its sign', async t => {
  const scores = [
    0.1,
    0.1 + Number.EPSILON / 8,
    5e-324,
    Number.MAX_VALUE,
    1 / 3,
    2 ** 53 + 2,
    1e21,
    275776974226028830,
    -0,
    123456789.12345678,
  ]
  const { matching } = await setUp(
    t,
    scores.map(score => ({ score })),
  )
  for (const [i, score] of scores.entries()) {
    assert.deepEqual(await matching({ score }), [i + 1])
    assert.deepEqual(await matching({ score: { in: [score, 7] } }), [i + 1], `in ${score}`)
  }
  assert.deepEqual(await matching({ score: 0 }), [9])
  assert.deepEqual(await matching({ score: { in: [0] } }), [9])
})

test('moments are compared to the millisecond', async t => {
  const { matching } = await setUp(t, [{ at: new Date(1000) }, { at: new Date(1001) }, { at: new Date(-1) }])
  assert.deepEqual(await matching({ at: new Date(1001) }), [2])
  assert.deepEqual(await matching({ at: { gt: new Date(1000) } }), [2])
  assert.deepEqual(await matching({ at: { lt: new Date(0) } }), [3])
})

test('JSON is equal by value, and SQL NULL is not JSON null', async t => {
  const { jsonNull } = await import('plinth')
  let deep = { b: 1, a: 2 }
  for (let i = 0; i < 400; i++) deep = [deep]
  const { matching } = await setUp(t, [
    { data: { a: 1, b: [1, { c: null }] } },
    { data: jsonNull },
    { data: null },
    { data: 'text' },
    { data: [1, 2] },
    { data: deep },
  ])
  assert.deepEqual(await matching({ data: { eq: { b: [1, { c: null }], a: 1 } } }), [1])
  assert.deepEqual(await matching({ data: { eq: { a: 1 } } }), [])
  assert.deepEqual(await matching({ data: { eq: jsonNull } }), [2])
  assert.deepEqual(await matching({ data: { isNull: true } }), [3])
  assert.deepEqual(await matching({ data: { isNull: false } }), [1, 2, 4, 5, 6])
  assert.deepEqual(await matching({ data: { eq: 'text' } }), [4])
  assert.deepEqual(await matching({ data: { ne: 'text' } }), [1, 2, 3, 5, 6])
  assert.deepEqual(await matching({ data: { eq: [2, 1] } }), [])
  let same = { a: 2, b: 1 }
  for (let i = 0; i < 400; i++) same = [same]
  assert.deepEqual(await matching({ data: { eq: same } }), [6])
})

test('orderBy takes several columns, as properties or in an array', async t => {
  const { db } = await setUp(t, [
    { name: 'b', age: 1 },
    { name: 'a', age: 1 },
    { name: 'a', age: 2 },
    { name: null, age: 2 },
  ])
  const order = async orderBy => ids(await db.people.list({ orderBy }))
  assert.deepEqual(await order({ name: 'asc', age: 'desc' }), [4, 3, 2, 1])
  assert.deepEqual(await order([{ age: 'desc' }, { name: 'asc' }]), [4, 3, 2, 1])
  assert.deepEqual(await order([{ age: 'asc', name: 'desc' }]), [1, 2, 3, 4])
  assert.deepEqual(ids(await db.people.list({ orderBy: { pin: 'asc', id: 'desc' } })), [4, 3, 2, 1])
})

test('orderBy says where NULL goes, in included rows too', async t => {
  const { db } = await setUp(t, [{ age: 2 }, { age: null }, { age: 1 }, { age: null }])
  const order = async (direction, nulls) =>
    ids(await db.people.list({ orderBy: [{ age: { direction, ...(nulls && { nulls }) } }, { id: 'asc' }] }))
  assert.deepEqual(await order('asc'), [2, 4, 3, 1])
  assert.deepEqual(await order('asc', 'first'), [2, 4, 3, 1])
  assert.deepEqual(await order('asc', 'last'), [3, 1, 2, 4])
  assert.deepEqual(await order('desc'), [1, 3, 2, 4])
  assert.deepEqual(await order('desc', 'first'), [2, 4, 1, 3])
  assert.deepEqual(await order('desc', 'last'), [1, 3, 2, 4])
  const byId = { id: { direction: 'desc', nulls: 'last' } }
  assert.deepEqual(ids(await db.people.list({ orderBy: byId })), [4, 3, 2, 1])
  assert.deepEqual(ids(db.sync.people.list({ orderBy: byId, limit: 1 })), [4])
})

test('distinct gives the first row of each combination, by orderBy and then by key', async t => {
  const { db } = await setUp(t, [
    { name: 'a', age: 2, data: { n: 1 } },
    { name: 'a', age: 1, data: { n: 3 } },
    { name: null, age: 5 },
    { name: 'b', age: 3, data: { n: 2 } },
    { name: null, age: 5, data: { n: 0 } },
    { name: 'b', age: 3 },
  ])
  const found = async query => ids(await db.people.list(query))
  assert.deepEqual(await found({ distinct: ['name'] }), [1, 3, 4])
  assert.deepEqual(await found({ distinct: ['name'], orderBy: { age: 'asc' } }), [2, 4, 3])
  assert.deepEqual(await found({ distinct: ['name'], orderBy: { age: 'desc' } }), [3, 4, 1])
  assert.deepEqual(await found({ distinct: ['name', 'age'], orderBy: { id: 'desc' } }), [6, 5, 2, 1])
  assert.deepEqual(
    await found({ distinct: ['name'], orderBy: { name: { direction: 'asc', nulls: 'last' } } }),
    [1, 4, 3],
  )
  const byPlace = { data: { path: ['n'], direction: 'desc', nulls: 'last' } }
  assert.deepEqual(await found({ distinct: ['name'], orderBy: byPlace }), [2, 4, 5])
  assert.deepEqual(
    await found({ distinct: ['name'], orderBy: byPlace, where: { age: { gt: 1 } }, limit: 1, offset: 1 }),
    [1],
  )
  assert.deepEqual(await found({ distinct: ['name'], offset: 2 }), [4])
  assert.deepEqual(await found({ distinct: ['name'], where: { or: [] } }), [])
  assert.deepEqual(await db.people.list({ distinct: ['age', 'age'], select: ['name'], orderBy: { age: 'asc' } }), [
    { name: 'a' },
    { name: 'a' },
    { name: 'b' },
    { name: null },
  ])
  // If nothing else is wanted it is SELECT DISTINCT.
  const names = [{ name: null }, { name: 'a' }, { name: 'b' }]
  assert.deepEqual(await db.people.list({ distinct: ['name'], select: ['name'] }), names)
  assert.deepEqual(db.sync.people.list({ distinct: ['name'], select: ['name'], orderBy: { name: 'desc' }, limit: 2 }), [
    { name: 'b' },
    { name: 'a' },
  ])
  assert.deepEqual(await db.people.list({ distinct: ['name', 'age'], select: ['age', 'name'], offset: 2 }), [
    { age: 2, name: 'a' },
    { age: 3, name: 'b' },
  ])
  const count = (distinct, where = {}) => db.people.count({ where, distinct })
  assert.equal(await count(['name']), 3)
  assert.equal(await count(['name', 'age']), 4)
  assert.equal(await count(['name'], { age: { lt: 4 } }), 2)
  assert.equal(await count(['name'], { or: [] }), 0)
  assert.equal(db.sync.people.count({ distinct: ['pin'] }), 1)
  assert.equal(await count(undefined), 6)
})

test('limit and offset', async t => {
  const { db } = await setUp(
    t,
    Array.from({ length: 10 }, (_, i) => ({ age: i })),
  )
  const page = async query => ids(await db.people.list({ orderBy: { id: 'asc' }, ...query }))
  assert.deepEqual(await page({ limit: 3 }), [1, 2, 3])
  assert.deepEqual(await page({ limit: 3, offset: 8 }), [9, 10])
  assert.deepEqual(await page({ offset: 8 }), [9, 10])
  assert.deepEqual(await page({ offset: 20 }), [])
  assert.deepEqual(await page({ limit: 0 }), [])
  assert.deepEqual(await page({ limit: Number.MAX_SAFE_INTEGER }), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  assert.deepEqual(await page({ where: { age: { gte: 5 } }, limit: 1, offset: 1 }), [7])
  assert.deepEqual(
    await page({ limit: undefined, offset: undefined, orderBy: undefined, select: undefined }),
    await page(),
  )
})

test('select gives these columns and no others, private ones too', async t => {
  const { db } = await setUp(t, [{ name: 'a', age: 1, pin: '1234' }])
  assert.deepEqual(await db.people.list({ select: ['pin', 'id'] }), [{ id: 1, pin: '1234' }])
  assert.deepEqual(await db.people.get(1, { select: ['age', 'age'] }), { age: 1 })
  assert.deepEqual(db.sync.people.find({ select: ['pin'] }), { pin: '1234' })
  assert.ok(!('pin' in (await db.people.get(1))))
  assert.ok(!('pin' in (await db.people.update(1, { pin: '5' }))))
  assert.deepEqual(await db.people.list({ where: { pin: '5' }, select: ['id'] }), [{ id: 1 }])
})

test('a query of more values than a statement can have is refused in words', async t => {
  const { db } = await setUp(t, [])
  const limit = 32_766
  const or = Array.from({ length: limit + 1 }, (_, i) => ({ age: i }))
  await fails(() => db.people.list({ where: { or } }), {
    code: 'QUERY_INVALID',
    table: 'people',
    message: new RegExp(limit),
    hint: /in:/,
  })
  const lists = Array.from({ length: Math.ceil(limit / 2) + 1 }, (_, i) => ({ age: i, name: 'x' }))
  await fails(() => db.people.count({ where: { or: lists } }), { code: 'QUERY_INVALID', message: new RegExp(limit) })
  const full = { where: { or: or.slice(1) } }
  await fails(() => db.people.updateMany(full, { age: 1 }), { code: 'QUERY_INVALID', message: new RegExp(limit) })
  assert.equal(await db.people.count(full), 0)
  assert.deepEqual(await db.people.list(), [])
})
