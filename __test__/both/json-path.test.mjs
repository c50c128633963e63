// What is asked of a place in JSON, in where and in orderBy: fixed cases, random ones against plain JavaScript, bad input.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { c, jsonNull, model, schema } from 'plinth'
import { database, fails, ids, raw } from '../support/db.mjs'
import { here } from '../support/differences.mjs'

const numRuns = Number(process.env.PLINTH_RUNS ?? 200)
const seed = Number(process.env.PLINTH_SEED ?? Date.now() & 0x7fffffff)

const models = schema(
  {
    things: model('things', {
      id: c.id(),
      data: c.json().nullable(),
      secret: c.json().nullable().private(),
      ownerId: c.integer().nullable().references('owners.id'),
      name: c.text().default('n'),
    }),
    owners: model('owners', { id: c.id(), data: c.json().default({}) }),
  },
  {
    things: r => ({ owner: r.one('owners', 'ownerId') }),
    owners: r => ({ things: r.many('things', 'ownerId') }),
  },
)

/** Things with these values, and the ids of those that a filter of `data` finds. */
async function setUp(t, values) {
  const db = await database(t, models)
  await db.things.createMany(values.map(data => ({ data })))
  const matching = async data => {
    const found = ids(await db.things.list({ where: { data }, orderBy: { id: 'asc' } }))
    const others = await db.things.count({ where: { not: { data } } })
    assert.equal(found.length + others, values.length)
    assert.equal(db.sync.things.exists({ where: { data } }), found.length > 0)
    return found
  }
  return { db, matching }
}

const people = [
  { user: { age: 18, name: 'Ada', tags: ['a', 'b'] } }, // 1
  { user: { age: 18.5, name: 'ada', tags: [] } }, // 2
  { user: { age: '18', name: null, tags: ['b', ['c']] } }, // 3
  { user: { age: null } }, // 4
  { user: [1, 2] }, // 5
  [], // 6
  null, // 7
  jsonNull, // 8
  { user: { age: true, name: '', tags: [null, { x: 1 }] } }, // 9
  { user: { age: false } }, // 10
]

test('equality by value, of anything that JSON has', async t => {
  const { matching } = await setUp(t, people)
  const age = { path: ['user', 'age'] }
  assert.deepEqual(await matching({ ...age, eq: 18 }), [1])
  assert.deepEqual(await matching({ ...age, eq: '18' }), [3])
  assert.deepEqual(await matching({ ...age, eq: true }), [9])
  assert.deepEqual(await matching({ ...age, eq: jsonNull }), [4])
  assert.deepEqual(await matching({ ...age, ne: 18 }), [2, 3, 4, 5, 6, 7, 8, 9, 10])
  assert.deepEqual(await matching({ ...age, in: [18, '18', jsonNull, [1]] }), [1, 3, 4])
  assert.deepEqual(await matching({ ...age, notIn: [18, '18', jsonNull] }), [2, 5, 6, 7, 8, 9, 10])
  assert.deepEqual(await matching({ ...age, in: [] }), [])
  assert.deepEqual(await matching({ ...age, isNull: true }), [5, 6, 7, 8])
  assert.deepEqual(await matching({ ...age, isNull: false }), [1, 2, 3, 4, 9, 10])
  assert.deepEqual(await matching({ path: ['user'], eq: [1, 2] }), [5])
  assert.deepEqual(
    await matching({
      path: ['user'],
      in: [
        [2, 1],
        [1, 2.0],
      ],
    }),
    [5],
  )
  assert.deepEqual(await matching({ path: ['user', 'tags', 1], eq: { x: 1 } }), [9])
  assert.deepEqual(await matching({ path: ['user', 'tags', 0], eq: jsonNull }), [9])
  assert.deepEqual(await matching({ path: ['user', 'tags', 1, 0], eq: 'c' }), [3])
  assert.deepEqual(await matching({ path: [], eq: jsonNull }), [8])
  assert.deepEqual(await matching({ path: [], eq: [] }), [6])
  assert.deepEqual(await matching({ path: [], isNull: true }), [7])
})

test('order and text: numbers with numbers, text with text, by code points', async t => {
  const { matching } = await setUp(t, people)
  const age = { path: ['user', 'age'] }
  assert.deepEqual(await matching({ ...age, gte: 18 }), [1, 2])
  assert.deepEqual(await matching({ ...age, gt: 18 }), [2])
  assert.deepEqual(await matching({ ...age, lt: 18.5 }), [1])
  assert.deepEqual(await matching({ ...age, gt: -1e300, lte: 1e300 }), [1, 2])
  assert.deepEqual(await matching({ ...age, gte: '' }), [3])
  const name = { path: ['user', 'name'] }
  assert.deepEqual(await matching({ ...name, lt: 'a' }), [1, 9])
  assert.deepEqual(await matching({ ...name, gt: 'Z' }), [2])
  assert.deepEqual(await matching({ ...name, contains: 'd' }), [1, 2])
  assert.deepEqual(await matching({ ...name, contains: '%' }), [])
  assert.deepEqual(await matching({ ...name, startsWith: 'A' }), [1])
  assert.deepEqual(await matching({ ...name, startsWith: '' }), [1, 2, 9])
  assert.deepEqual(await matching({ ...name, endsWith: 'a' }), [1, 2])
  assert.deepEqual(await matching({ ...name, like: '_da' }), [1, 2])
  assert.deepEqual(await matching({ path: ['user', 'age'], contains: '1' }), [3])
})

test('a key is a key and an index an index, whatever is in the key', async t => {
  const keys = [
    '',
    '0',
    'a.b',
    '"',
    '\\',
    '\\"',
    "'",
    '$',
    '*',
    '@',
    '[0]',
    '-1',
    'é',
    '😀',
    ' ',
    '\n',
    '\t',
    '\u007f',
    '__proto__',
    'constructor',
    'length',
    '?(1)',
    '\\u0041',
    'x"; DROP TABLE things; --',
    '/*',
    '{}',
  ]
  const values = keys.map((key, i) => Object.fromEntries([[key, { [i]: i }]]))
  const { matching } = await setUp(t, [...values, [[7]], { 0: [8] }])
  for (const [i, key] of keys.entries()) {
    assert.deepEqual(await matching({ path: [key, String(i)], eq: i }), [i + 1], JSON.stringify(key))
    assert.deepEqual(await matching({ path: [key, i], isNull: false }), [], JSON.stringify(key))
  }
  const [list, object] = [keys.length + 1, keys.length + 2]
  assert.deepEqual(await matching({ path: [0, 0], eq: 7 }), [list])
  assert.deepEqual(await matching({ path: ['0', 0], eq: 8 }), [object])
  assert.deepEqual(await matching({ path: [0, '0'], isNull: false }), [])
  assert.deepEqual(await matching({ path: [2 ** 31 - 1], isNull: false }), [])
  const deep = Array.from({ length: 1000 }, (_, i) => (i % 2 ? i : `k${i}`))
  assert.deepEqual(await matching({ path: deep, isNull: false }), [])
})

test('orderBy a place: nothing, null, false, true, numbers, text, the rest', async t => {
  const values = ['b', 2, { x: 1 }, null, true, 10, [], 'B', false, -1.5].map(x => ({ x }))
  const { db } = await setUp(t, [...values, {}, null, 5])
  const order = async (options, more) =>
    ids(await db.things.list({ orderBy: [{ data: { path: ['x'], ...options } }, { id: 'asc' }], ...more }))
  const nothing = [11, 12, 13]
  const up = [4, 9, 5, 10, 2, 6, 8, 1]
  const rest = [3, 7]
  const down = up.toReversed()
  assert.deepEqual(await order({ direction: 'asc' }), [...nothing, ...up, ...rest])
  assert.deepEqual(await order({ direction: 'asc', nulls: 'first' }), [...nothing, ...up, ...rest])
  assert.deepEqual(await order({ direction: 'asc', nulls: 'last' }), [...up, ...rest, ...nothing])
  assert.deepEqual(await order({ direction: 'desc' }), [...rest, ...down, ...nothing])
  assert.deepEqual(await order({ direction: 'desc', nulls: 'first' }), [...nothing, ...rest, ...down])
  const among = { where: { data: { path: ['x'], gt: 0 }, id: { gt: 0 } }, limit: 1, offset: 1 }
  assert.deepEqual(await order({ direction: 'desc' }, among), [2])
})

test('beside relations and in included rows, with a limit and without', async t => {
  const { db } = await setUp(t, [{ n: 1 }, { n: 3 }, { n: 2 }, {}])
  await db.owners.createMany([{ data: { vip: true } }, {}])
  await db.things.updateMany({ all: true }, { ownerId: 1 })
  const where = { things: { some: { data: { path: ['n'], gte: 3 } } }, data: { path: ['vip'], eq: true } }
  for (const limit of [undefined, 2]) {
    const [owner, ...others] = await db.owners.list({
      where,
      include: {
        things: {
          where: { data: { path: ['n'], gt: 0 } },
          orderBy: { data: { path: ['n'], direction: 'desc' } },
          limit,
        },
        _count: { things: { where: { data: { path: ['n'], isNull: true } } } },
      },
    })
    assert.deepEqual([ids(owner.things), owner._count, others], [[2, 3, 1].slice(0, limit), { things: 1 }, []])
  }
  assert.equal(await db.things.updateMany({ where: { data: { path: ['n'], lt: 2 } } }, { name: 'low' }), 1)
  assert.equal(await db.things.deleteMany({ where: { data: { path: ['n'], isNull: true } } }), 1)
  assert.deepEqual(ids(await db.things.list({ where: { name: 'low' } })), [1])
})

test('numbers that no double holds are compared all the same', async t => {
  const { db, matching } = await setUp(t, [{ n: 1 }, { n: 2 }, { n: 0 }])
  const text = here('jsonKeepsKeyOrder') ? n => `'{"n":${n}}'` : n => `'{"n":${n}}'::jsonb`
  await raw(db, `UPDATE things SET data = ${text('1e400')} WHERE id = 1`)
  await raw(db, `UPDATE things SET data = ${text('9007199254740993')} WHERE id = 2`)
  assert.deepEqual(await matching({ path: ['n'], gt: 1e308 }), [1])
  assert.deepEqual(await matching({ path: ['n'], gte: 9007199254740992 }), [1, 2])
  assert.deepEqual(await matching({ path: ['n'], in: [0, 'x'] }), [3])
  const found = await db.things.list({ select: ['id'], orderBy: { data: { path: ['n'], direction: 'desc' } } })
  assert.deepEqual(ids(found), [1, 2, 3])
})

const keys = ['a', 'b', '', '0', '"', '\\', 'a.b', '__proto__', 'é', '😀', "'"]
const key = fc.constantFrom(...keys)
const word = fc.constantFrom('', 'a', 'A', 'ab', 'b%', '_', '\\', 'é', '😀', '\uffff', '1', 'null')
const number = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 0.1, 0.30000000000000004, 1e21, -1e-7, 2 ** 53, 5e-324, 1.7976931348623157e308),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const leaf = fc.oneof(word, number, fc.boolean(), fc.constant(null))
const { json } = fc.letrec(tie => ({
  json: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(key, tie('json')), { maxLength: 3, selector: ([k]) => k }).map(Object.fromEntries),
  ),
}))
const path = fc.array(fc.oneof({ weight: 3, arbitrary: key }, fc.nat({ max: 2 })), { maxLength: 3 })

/** The value, or undefined. */
const at = (value, steps) =>
  steps.reduce((inner, step) => {
    if (Array.isArray(inner)) return typeof step === 'number' ? inner[step] : undefined
    const object = typeof inner === 'object' && inner !== null && typeof step === 'string' && Object.hasOwn(inner, step)
    return object ? inner[step] : undefined
  }, value)
/** JSON as text with the keys of objects in order, equal where values are: -0 is 0. */
const canonical = value => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.keys(value)
    .sort()
    .map(k => `${JSON.stringify(k)}:${canonical(value[k])}`)
    .join()}}`
}
const same = (a, b) => a !== undefined && canonical(a) === canonical(b)
const compared = (a, b) => (typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a - b)
const ordered = test => (a, b) => typeof a === typeof b && test(compared(a, b))
const ofText = test => (a, b) => typeof a === 'string' && test(a, b)
const tests = {
  eq: [json, same],
  ne: [json, (a, b) => !same(a, b)],
  in: [fc.array(json, { maxLength: 4 }), (a, b) => b.some(one => same(a, one))],
  notIn: [fc.array(json, { maxLength: 4 }), (a, b) => !b.some(one => same(a, one))],
  lt: [fc.oneof(word, number), ordered(n => n < 0)],
  lte: [fc.oneof(word, number), ordered(n => n <= 0)],
  gt: [fc.oneof(word, number), ordered(n => n > 0)],
  gte: [fc.oneof(word, number), ordered(n => n >= 0)],
  contains: [word, ofText((a, b) => a.includes(b))],
  startsWith: [word, ofText((a, b) => a.startsWith(b))],
  endsWith: [word, ofText((a, b) => a.endsWith(b))],
  isNull: [fc.boolean(), (a, b) => (a === undefined) === b],
}
const rank = value => {
  if (value === undefined) return 0
  if (typeof value === 'object') return value === null ? 1 : 6
  return { boolean: value ? 3 : 2, number: 4, string: 5 }[typeof value]
}
const inOrder = (a, b) =>
  rank(a) - rank(b) || (rank(a) === 4 || rank(a) === 5 ? (same(a, b) ? 0 : ordered(n => n < 0)(a, b) ? -1 : 1) : 0)
/** A value as a call takes it at the top: there a JSON null is a value of its own. */
const given = value => (value === null ? jsonNull : value)

test('random places in random JSON', async t => {
  t.diagnostic(`PLINTH_SEED=${seed} PLINTH_RUNS=${numRuns}`)
  const db = await database(t, models)
  const property = fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 8 }), fc.gen(), async (values, gen) => {
    await db.things.deleteMany({ all: true })
    // The last has SQL NULL.
    const rows = await db.things.createMany([...values.map(value => ({ data: given(value) })), { data: null }])
    const inside = value => (typeof value === 'object' && value !== null ? Object.keys(value) : [])
    const way = gen(() => path)
    // Mostly a path that leads somewhere.
    const start = gen(fc.constantFrom, ...values)
    for (const [i, step] of way.entries()) {
      const steps = inside(at(start, way.slice(0, i)))
      if (steps.length && typeof step === 'string') way[i] = gen(fc.constantFrom, ...steps)
      if (Array.isArray(at(start, way.slice(0, i))) && typeof way[i] === 'string') way[i] = Number(way[i]) || 0
    }
    const operator = gen(fc.constantFrom, ...Object.keys(tests))
    const [arbitrary, test] = tests[operator]
    const there = at(start, way)
    const wanted = ['eq', 'ne'].includes(operator) && there !== undefined ? there : gen(() => arbitrary)
    const operand = Array.isArray(wanted) && operator.endsWith('n') ? wanted.map(given) : given(wanted)
    const where = {
      data: { path: way, [operator]: operator.toLowerCase().endsWith('in') ? wanted.map(given) : operand },
    }
    const expected = rows.filter((_, i) => test(at(values[i], way), wanted))
    const found = await db.things.list({ where, orderBy: { id: 'asc' } })
    assert.deepEqual(ids(found), ids(expected), JSON.stringify(where))

    const direction = gen(fc.constantFrom, 'asc', 'desc')
    const nulls = gen(fc.constantFrom, 'first', 'last')
    const orderBy = [{ data: { path: way, direction, nulls } }, { id: 'asc' }]
    const sorted = rows
      .map((row, i) => ({ id: row.id, value: at(values[i], way) }))
      .sort((a, b) => {
        const [none, other] = [a.value === undefined, b.value === undefined]
        if (none !== other) return none === (nulls === 'first') ? -1 : 1
        return inOrder(a.value, b.value) * (direction === 'asc' ? 1 : -1) || a.id - b.id
      })
    assert.deepEqual(ids(await db.things.list({ orderBy })), ids(sorted), JSON.stringify(orderBy))
  })
  await fc.assert(property, { numRuns, seed, includeErrorInReport: true })
})

test('bad input: paths, operators, values', async t => {
  const { db } = await setUp(t, [{ a: 1 }])
  const refused = (data, fields) => fails(() => db.things.list({ where: { data } }), { table: 'things', ...fields })
  const invalid = (data, message) => refused(data, { code: 'VALUE_INVALID', columns: ['data'], message })
  for (const path of ['a', '$.a', 5, null, undefined, {}, true])
    await invalid({ path, eq: 1 }, /expected a path of keys/)
  for (const step of [-1, 1.5, 'a\0', NaN, Infinity, 2 ** 31, 1n, null, undefined, {}, [], true, '\ud800'])
    await invalid({ path: ['a', step], eq: 1 }, /expected a path of keys/)
  await invalid({ path: new Array(1), eq: 1 }, /expected a path of keys/)
  await invalid({ path: Array(1001).fill('a'), eq: 1 }, /at most 1000 steps/)
  await refused({ path: ['a'] }, { code: 'QUERY_INVALID', message: /has a path and no operator/ })
  for (const operator of ['equals', 'toString', 'some', '= 1; DROP TABLE things; --'])
    await refused({ path: ['a'], [operator]: 1 }, { code: 'UNKNOWN_OPERATOR', hint: /The operators are: eq, ne/ })
  for (const operator of ['eq', 'ne', 'in', 'lt', 'contains', 'startsWith', 'isNull'])
    await invalid({ path: ['a'], [operator]: undefined }, new RegExp(`a value for ${operator}, found undefined`))
  for (const operator of ['eq', 'ne']) {
    const error = await fails(() => db.things.list({ where: { data: { path: ['a'], [operator]: null } } }), {
      code: 'VALUE_INVALID',
    })
    assert.match(error.hint, /jsonNull .* isNull: true/)
    for (const value of [NaN, 1n, new Date(), () => 1, '\ud800'])
      await invalid({ path: ['a'], [operator]: value }, /expected/)
  }
  for (const value of [5, 'x', {}, null, [null], [undefined], [NaN]])
    await invalid({ path: ['a'], in: value }, /expected/)
  for (const value of [true, null, {}, [], NaN, Infinity, 1n, new Date(), jsonNull])
    await invalid({ path: ['a'], gte: value }, /expected/)
  for (const value of [1, true, null, ['a'], '\ud800']) await invalid({ path: ['a'], contains: value }, /expected/)
  await invalid({ path: ['a'], like: 'a\\' }, /single backslash/)
  for (const value of [1, 'true', null]) await invalid({ path: ['a'], isNull: value }, /true or false/)
  await fails(() => db.things.list({ where: { name: { path: ['a'], eq: 1 } } }), { code: 'UNKNOWN_OPERATOR' })
  await refused({ gte: 1 }, { code: 'UNKNOWN_OPERATOR', message: /path/ })

  const order = (data, fields) => fails(() => db.things.list({ orderBy: { data } }), { table: 'things', ...fields })
  await order('asc', { code: 'QUERY_INVALID', message: /no order/ })
  await order({ direction: 'asc' }, { code: 'QUERY_INVALID', message: /no order/ })
  await order({ path: ['a'] }, { code: 'QUERY_INVALID', message: /direction must be/ })
  await order({ path: 'a', direction: 'asc' }, { code: 'VALUE_INVALID' })
  await order({ path: undefined, direction: 'asc' }, { code: 'VALUE_INVALID' })
  await order({ path: [-1], direction: 'asc' }, { code: 'VALUE_INVALID' })
  await order(
    { path: ['a'], direction: 'asc', null: 'last' },
    { code: 'UNKNOWN_OPTION', hint: /path, direction, nulls/ },
  )
  await fails(() => db.things.list({ orderBy: { name: { path: ['a'], direction: 'asc' } } }), {
    code: 'UNKNOWN_OPTION',
  })

  // Of what is private nothing is in an error, its keys neither.
  const error = await fails(() => db.things.list({ where: { secret: { path: ['pin', 'hidden\ud800'], eq: 1 } } }), {
    code: 'VALUE_INVALID',
  })
  assert.doesNotMatch(`${error.message} ${error.hint}`, /pin|hidden/)
  const injected = "1' OR '1'='1"
  assert.equal(await db.things.count({ where: { data: { path: [injected], eq: injected } } }), 0)
  assert.equal(await db.things.count({ where: { data: { path: ['a'], contains: injected } } }), 0)
})

test('a NUL in text is what the database holds of it, in a key of a path it is refused', async t => {
  const { db } = await setUp(t, [{ a: 1 }])
  const call = data => db.things.count({ where: { data } })
  await fails(() => call({ path: ['a\0'], eq: 1 }), { code: 'VALUE_INVALID', message: /without NUL/ })
  const places = [{ eq: 'x\0' }, { gt: '\0' }, { in: ['\0'] }, { contains: '\0' }].map(it => ({ path: ['a'], ...it }))
  for (const place of places) {
    if (here('nulInText')) assert.equal(await call(place), 0)
    else await fails(() => call(place), { code: 'VALUE_INVALID' })
  }
  if (!here('nulInText')) return
  await db.things.create({ data: { a: 'x\0y' } })
  assert.equal(await call({ path: ['a'], contains: '\0' }), 1)
  assert.equal(await call({ path: ['a'], eq: 'x\0y' }), 1)
})
