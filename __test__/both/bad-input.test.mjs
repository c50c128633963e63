// Queries that cannot be meant: unknown names, wrong shapes, undefined, missing filters, misuse of sql``.
// Values of columns are in bad-values.test.mjs, what the database refuses in violations.test.mjs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { c, model, open, schema } from 'plinth'
import { setUp } from '../support/bad-input.mjs'
import { fails, raw } from '../support/db.mjs'
import { ownParameters, words } from '../support/dialect.mjs'

test('an unknown model does not exist; one that relations or targets name is an error of the schema', async t => {
  const { db } = await setUp(t)
  assert.equal(db.nope, undefined)
  assert.equal(db.sync.nope, undefined)
  assert.equal(db.toString, undefined)
  await db.transaction(async tx => assert.equal(tx.nope, undefined))
  const meant = {
    code: 'UNKNOWN_MODEL',
    message: 'There is no model "user" in the schema.',
    hint: /Did you mean users\?/,
  }
  assert.throws(() => db.user, meant)
  assert.throws(() => db.sync.user.list(), meant)
  await fails(() => db.transaction(tx => tx.Users.list()), { code: 'UNKNOWN_MODEL' })
  for (const probe of [
    'then',
    'onModuleInit',
    'toJSON',
    'length',
    'inspect',
    '$$typeof',
    'asymmetricMatch',
    'nodeType',
  ]) {
    assert.equal(db[probe], undefined, probe)
  }
  assert.doesNotThrow(() => inspect(db))
  const users = model('users', { id: c.id() })
  const broken = schema({ users }, { users: r => ({ things: r.many('nope', 'id') }) })
  await fails(() => open({ models: broken, url: 'sqlite::memory:' }), { code: 'SCHEMA_INVALID', message: /nope/ })
})

test('an unknown column, in every place that names one', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'UNKNOWN_COLUMN',
    table: 'users',
    columns: ['nope'],
    message: 'There is no column "nope" in users.',
    hint: /^The columns are: id, email, /,
  }
  const calls = [
    () => db.users.create({ email: 'new', nope: 1 }),
    () => db.users.createMany([{ email: 'one' }, { email: 'new', nope: undefined }]),
    () => db.users.update(1, { nope: 1 }),
    () => db.users.update(1, { nope: undefined }),
    () => db.users.updateMany({ all: true }, { nope: 1 }),
    () => db.users.updateMany({ where: { nope: 1 } }, { name: 'x' }),
    () => db.users.deleteMany({ where: { nope: 1 } }),
    () => db.users.upsert({ email: 'new', nope: 1 }, { on: ['email'] }),
    () => db.users.upsert({ email: 'new' }, { on: ['nope'] }),
    () => db.users.upsert({ email: 'new' }, { on: ['email'], update: { nope: 1 } }),
    () => db.users.list({ where: { nope: undefined } }),
    () => db.users.list({ where: { and: [{ or: [{ not: { nope: 1 } }] }] } }),
    () => db.users.find({ orderBy: { nope: 'asc' } }),
    () => db.users.list({ select: ['id', 'nope'] }),
    () => db.users.get(1, { select: ['nope'] }),
    () => db.users.list({ distinct: ['nope'] }),
    () => db.users.count({ distinct: ['id', 'nope'] }),
    () => db.users.count({ where: { nope: null } }),
    () => db.users.exists({ where: { nope: null } }),
    () => db.posts.list({ include: { author: { where: { nope: 1 } } } }),
    () => db.posts.list({ include: { author: { orderBy: [{ id: 'asc' }, { nope: 'asc' }] } } }),
    () => db.posts.get(1, { include: { author: { select: ['nope'] } } }),
    () => db.sync.users.list({ where: { nope: 1 } }),
  ]
  for (const call of calls)
    await refused(call, { ...fields, message: /^(Row 1: )?There is no column "nope" in users\.$/ })
})

test('a column goes by its property, and inherited members of objects are not columns', async t => {
  const { db, refused } = await setUp(t)
  for (const name of [
    'pin_code',
    'seen_at',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'ID',
    'id ',
    '',
    '"id"',
    'users.id',
  ]) {
    const one = Object.fromEntries([[name, 1]])
    const fields = { code: 'UNKNOWN_COLUMN', columns: [name] }
    await refused(() => db.users.list({ where: one }), fields)
    await refused(() => db.users.create({ email: 'new', ...Object.fromEntries([['x', 0]]) }), { columns: ['x'] })
    await refused(
      () => db.users.create(Object.assign(Object.create(one), { email: 'new' })),
      name === '__proto__' ? {} : fields,
    )
    await refused(() => db.users.update(1, one), fields)
    await refused(() => db.users.list({ orderBy: Object.fromEntries([[name, 'asc']]) }), fields)
    await refused(() => db.users.list({ select: [name] }), fields)
  }
})

test('an unknown operator, or one that the kind does not have', async t => {
  const { db, refused } = await setUp(t)
  const cases = [
    ['name', { equals: 'x' }, 'equals'],
    ['name', { $gt: '' }, '$gt'],
    ['name', { eq: 'x', constructor: 1 }, 'constructor'],
    ['age', { like: '1%' }, 'like'],
    ['active', { gt: true }, 'gt'],
    ['role', { lt: 'b' }, 'lt'],
    ['token', { startsWith: '0' }, 'startsWith'],
    ['picture', { gte: Uint8Array.of(1) }, 'gte'],
    ['age', { isNull: true }, 'isNull'],
  ]
  for (const [column, filter, operator] of cases) {
    const fields = {
      code: 'UNKNOWN_OPERATOR',
      table: 'users',
      columns: [column],
      message: `users.${column} has no operator "${operator}".`,
      hint: /(^|\? )The operators are: eq, ne, /,
    }
    await refused(() => db.users.list({ where: { [column]: filter } }), fields)
    await refused(() => db.users.deleteMany({ where: { not: { [column]: filter } } }), fields)
  }
  for (const value of [{ theme: 'dark' }, 'dark', null, [1], { gt: 1 }, {}].slice(0, 5))
    await refused(() => db.users.list({ where: { settings: value } }), {
      code: 'UNKNOWN_OPERATOR',
      columns: ['settings'],
      message: /compare it with \{ eq \}/,
    })
  await refused(() => db.users.list({ where: { settings: {} } }), { code: 'QUERY_INVALID', message: /has no operator/ })
  await refused(() => db.users.list({ where: { age: {} } }), {
    code: 'QUERY_INVALID',
    table: 'users',
    message: 'users: where.age has no operator.',
  })
})

test('an operand of the wrong form', async t => {
  const { db, refused } = await setUp(t)
  const fields = { code: 'VALUE_INVALID', table: 'users' }
  await refused(() => db.users.list({ where: { age: { in: 5 } } }), {
    ...fields,
    columns: ['age'],
    expected: 'an array for in',
    found: '5',
  })
  await refused(() => db.users.list({ where: { age: { in: new Set([1]) } } }), { ...fields, found: 'a Set' })
  await refused(() => db.users.list({ where: { age: { notIn: [1, null] } } }), {
    ...fields,
    found: 'null',
    hint: /or: \[/,
  })
  await refused(() => db.users.list({ where: { age: { in: [1, '2'] } } }), { ...fields, found: '"2"' })
  await refused(() => db.users.list({ where: { age: { gt: null } } }), { ...fields, found: 'null' })
  await refused(() => db.users.list({ where: { age: [1, 2] } }), { ...fields, found: 'an array' })
  await refused(() => db.users.list({ where: { settings: { isNull: 1 } } }), { ...fields, found: '1' })
  for (const operator of ['like', 'contains', 'startsWith', 'endsWith'])
    await refused(() => db.users.list({ where: { name: { [operator]: 5 } } }), {
      ...fields,
      columns: ['name'],
      found: '5',
    })
  for (const pattern of ['\\', 'a\\', '100\\\\\\'])
    await refused(() => db.users.list({ where: { name: { like: pattern } } }), {
      ...fields,
      columns: ['name'],
      expected: /single backslash/,
    })
})

test('an unknown relation', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'UNKNOWN_RELATION',
    table: 'users',
    message: 'users has no relation "nope".',
    hint: 'The relations are: posts.',
  }
  await refused(() => db.users.list({ include: { nope: true } }), fields)
  await refused(() => db.users.get(1, { include: { nope: undefined } }), fields)
  await refused(() => db.posts.find({ include: { author: { include: { nope: true } } } }), fields)
  await refused(() => db.posts.list({ include: { author: true, authorId: true } }), {
    code: 'UNKNOWN_RELATION',
    table: 'posts',
  })
  await refused(() => db.seats.list({ include: { users: true } }), {
    code: 'UNKNOWN_RELATION',
    hint: /has no relations/,
  })
})

test('an unknown option of a call', async t => {
  const { db, refused } = await setUp(t)
  const cases = [
    ['users.list', () => db.users.list({ were: {} }), 'were'],
    ['users.find', () => db.users.find({ limit: 1 }), 'limit'],
    ['users.get', () => db.users.get(1, { where: {} }), 'where'],
    ['users.count', () => db.users.count({ limit: 1 }), 'limit'],
    ['users.exists', () => db.users.exists({ orderBy: {} }), 'orderBy'],
    ['users.exists', () => db.users.exists({ distinct: ['id'] }), 'distinct'],
    ['users.find', () => db.users.find({ distinct: ['id'] }), 'distinct'],
    ['users.list.posts', () => db.users.list({ include: { posts: { distinct: ['id'] } } }), 'distinct'],
    ['users.list: orderBy.id', () => db.users.list({ orderBy: { id: { direction: 'asc', null: 'last' } } }), 'null'],
    ['users.createMany', () => db.users.createMany([], { chunk: 1 }), 'chunk'],
    ['users.updateMany', () => db.users.updateMany({ where: { id: 1 }, limit: 1 }, { name: 'x' }), 'limit'],
    ['users.deleteMany', () => db.users.deleteMany({ id: 1 }), 'id'],
    ['users.upsert', () => db.users.upsert({ email: 'x' }, { on: ['email'], set: {} }), 'set'],
    ['users.list.posts', () => db.users.list({ include: { posts: { offset: 1 } } }), 'offset'],
  ]
  for (const [call, run, option] of cases) {
    const found = {
      code: 'UNKNOWN_OPTION',
      message: new RegExp(`^(users|posts)\\..*has no option "${option}"\\.$`),
      hint: /^(Did you mean \w+\? )?The options are: /,
    }
    await refused(run, found, call)
  }
})

test('options of the wrong form', async t => {
  const { db, refused } = await setUp(t)
  const list = [
    [5, /expected an object of options, found 5/],
    [null, /found null/],
    [[], /found an array/],
    [{ where: 5 }, /where must be an object of columns, found 5/],
    [{ where: [] }, /where must be .*found an array/],
    [{ where: { and: {} } }, /where.and must be an array, found an object/],
    [{ where: { or: 'x' } }, /where.or must be an array/],
    [{ where: { not: [] } }, /where must be an object/],
    [{ where: { and: [null] } }, /where must be an object.*found null/],
    [{ where: { or: new Array(1) } }, /where must be an object.*found undefined/],
    [{ orderBy: 'id' }, /orderBy must be an object such as/],
    [{ orderBy: { id: 'up' } }, /orderBy.id must be 'asc' or 'desc', found "up"/],
    [{ orderBy: { id: undefined } }, /orderBy.id must be/],
    [{ orderBy: [['id', 'asc']] }, /orderBy must be an object/],
    [{ orderBy: { settings: 'asc' } }, /has no order/],
    [{ orderBy: { id: {} } }, /orderBy.id.direction must be 'asc' or 'desc', found undefined/],
    [{ orderBy: { id: { nulls: 'last' } } }, /orderBy.id.direction must be/],
    [{ orderBy: { id: { direction: 'ASC' } } }, /found "ASC"/],
    [
      { orderBy: { id: { direction: 'asc', nulls: 'LAST' } } },
      /orderBy.id.nulls must be 'first' or 'last', found "LAST"/,
    ],
    [{ orderBy: { id: { direction: 'asc', nulls: undefined } } }, /orderBy.id.nulls must be .*found undefined/],
    [{ orderBy: { id: { direction: 'asc', nulls: 'last; DROP TABLE users' } } }, /orderBy.id.nulls must be/],
    [{ distinct: [] }, /distinct must name at least one column, found \[\]/],
    [{ distinct: 'name' }, /distinct must name at least one column, found "name"/],
    [{ distinct: true }, /distinct must name/],
    [{ distinct: null }, /distinct must name/],
    [{ distinct: [5] }, /distinct holds names of columns, found 5/],
    [{ distinct: [undefined] }, /distinct holds names of columns/],
    [{ distinct: ['settings'] }, /settings cannot be compared/],
    [{ distinct: ['picture'] }, /picture cannot be compared/],
    [{ orderBy: { id: ['asc'] } }, /orderBy.id must be 'asc' or 'desc', found an array/],
    [{ limit: -1 }, /limit must be a whole number from 0, found -1/],
    [{ limit: 1.5 }, /found 1.5/],
    [{ limit: '10' }, /found "10"/],
    [{ limit: NaN }, /found NaN/],
    [{ limit: null }, /found null/],
    [{ offset: Infinity }, /offset must be .*found Infinity/],
    [{ select: [] }, /select must name at least one column/],
    [{ select: 'id' }, /select must name/],
    [{ select: { id: true } }, /select must name/],
    [{ select: [['id']] }, /holds names of columns, found an array/],
    [{ include: 'posts' }, /include must be an object/],
    [{ include: ['posts'] }, /include must be an object/],
  ]
  for (const [query, message] of list)
    await refused(() => db.users.list(query), { code: 'QUERY_INVALID', table: 'users', message })
  for (const args of [5, null, 'x'])
    await refused(() => db.users.list({ include: { posts: args } }), { code: 'QUERY_INVALID', table: 'posts' })
  for (const on of [undefined, [], 'email', [5], ['name'], ['email', 'name'], ['email', 'email'], ['nick', 'age']])
    await refused(() => db.users.upsert({ email: 'x' }, { on }), { code: 'QUERY_INVALID', table: 'users' })
  await refused(() => db.users.upsert({ email: 'x' }), { code: 'QUERY_INVALID', message: /on must name the columns/ })
  await refused(() => db.users.createMany([{ email: 'x' }], { onProgress: true }), {
    code: 'QUERY_INVALID',
    message: /must be a function/,
  })
})

test('what contains itself, or has no end', async t => {
  const { db, refused } = await setUp(t)
  const where = {}
  where.and = [where]
  await refused(() => db.users.list({ where }), { code: 'QUERY_INVALID', table: 'users', message: /100 levels/ })
  await refused(() => db.users.deleteMany({ where: { not: where } }), { code: 'QUERY_INVALID', message: /100 levels/ })
  const include = { posts: { include: {} } }
  include.posts.include.author = { include }
  await refused(() => db.users.list({ include }), { code: 'QUERY_INVALID', message: /16 levels/ })
})

test('undefined in a where is an error, at every depth, in every call', async t => {
  const { db, refused } = await setUp(t)
  const wheres = [
    undefined,
    { email: undefined },
    { email: 'x', name: undefined },
    { email: { eq: undefined } },
    { age: { gt: 1, lt: undefined } },
    { age: { in: undefined } },
    { age: { in: [1, undefined] } },
    { and: undefined },
    { or: [undefined] },
    { or: [{ id: 1 }, { name: undefined }] },
    { not: undefined },
    { and: [{ not: { or: [{ settings: { eq: undefined } }] } }] },
    { settings: { isNull: undefined } },
  ]
  for (const where of wheres) {
    const fields = { code: /^(VALUE_INVALID|QUERY_INVALID)$/, table: 'users', message: /undefined/ }
    for (const call of ['list', 'find', 'count', 'exists', 'deleteMany'])
      await refused(() => db.users[call]({ where }), fields)
    await refused(() => db.users.updateMany({ where }, { name: 'x' }), fields)
    await refused(() => db.posts.list({ include: { author: { where } } }), fields)
    await refused(() => db.sync.users.list({ where }), fields)
  }
})

test('updateMany and deleteMany do not mean every row by accident', async t => {
  const { db, refused } = await setUp(t)
  const everything = [
    undefined,
    {},
    { where: {} },
    { where: { and: [] } },
    { where: { not: { or: [] } } },
    { where: { or: [{ id: 7 }, {}] } },
    { where: { and: [{ and: [{}] }] } },
    { all: false },
    { all: true, where: undefined },
    { all: 1 },
  ]
  for (const query of everything) {
    const fields = { code: 'WHERE_REQUIRED', table: 'users', hint: 'Pass { all: true } for every row.' }
    await refused(() => db.users.deleteMany(query), { ...fields, message: 'users.deleteMany needs a where.' })
    await refused(() => db.users.updateMany(query, { name: 'x' }), {
      ...fields,
      message: 'users.updateMany needs a where.',
    })
    await refused(() => db.sync.users.deleteMany(query), fields)
  }
  for (const all of [true, false]) {
    const both = { where: { id: 1 }, all }
    const fields = { code: 'QUERY_INVALID', table: 'users' }
    const message = call => `users.${call}: where and all exclude each other.`
    await refused(() => db.users.deleteMany(both), { ...fields, message: message('deleteMany') })
    await refused(() => db.users.updateMany(both, { name: 'x' }), { ...fields, message: message('updateMany') })
  }
})

test('a key of the wrong form', async t => {
  const { db, refused } = await setUp(t)
  for (const id of [undefined, null, '1', 1n, {}, { id: 1 }, [1], NaN]) {
    const fields = { code: 'VALUE_INVALID', table: 'users', columns: ['id'] }
    await refused(() => db.users.get(id), fields)
    await refused(() => db.users.update(id, { name: 'x' }), fields)
    await refused(() => db.users.delete(id), fields)
  }
  for (const id of [
    undefined,
    null,
    'A',
    { row: 'A' },
    { row: 'A', number: 1n, note: 'x' },
    { row: 'A', nr: 1n },
    ['A', 1n],
  ])
    await refused(() => db.seats.get(id), {
      code: 'QUERY_INVALID',
      table: 'seats',
      message: /the key has 2 columns, expected \{ row: \.\.\., number: \.\.\. \}/,
    })
  await refused(() => db.seats.delete({ row: 'A', number: 1 }), { code: 'VALUE_INVALID', columns: ['number'] })
  await refused(() => db.seats.update({ row: undefined, number: 1n }, {}), { code: 'VALUE_INVALID', columns: ['row'] })
})

test('no row with the key of an update or delete', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'NOT_FOUND',
    name: 'NotFoundError',
    table: 'users',
    columns: ['id'],
    found: 'no row with the key 99',
  }
  await refused(() => db.users.update(99, { name: 'x' }), {
    ...fields,
    message: 'users.update: there is no row with the key 99.',
  })
  await refused(() => db.users.delete(99), fields)
  await refused(() => db.sync.users.update(99, { name: 'x' }), fields)
  await refused(() => db.seats.delete({ row: 'A', number: 5n }), {
    code: 'NOT_FOUND',
    columns: ['row', 'number'],
    found: 'no row with the key { row: "A", number: 5n }',
  })
})

test('misuse of sql``', async t => {
  const { db, refused } = await setUp(t)
  const text = 'DROP TABLE users'
  const cases = [
    [() => db.sql(text), /template tag/],
    [() => db.sql([text]), /template tag/],
    [() => db.sql(), /template tag/],
    [() => db.sql``, /empty statement/],
    [() => db.sql`-- only a comment`, /empty statement/],
    [() => db.sql`SELECT 1; DROP TABLE users`, /several statements/],
    [() => db.sql`DELETE FROM posts; SELECT ${1}`, /several statements/],
    [() => db.sql`BEGIN`, /transaction control/],
    [() => db.sql`COMMIT`, /transaction control/],
    [() => db.sql`SELECT '%${'x'}%'`, /Value 1 .* inside quotes or a comment/],
    [() => db.sql`DELETE FROM posts WHERE title = ${'first'} -- ${1}`, /Value 2 .* inside quotes or a comment/],
    [() => db.sql`DELETE FROM posts WHERE '${'a'}' = ${1} OR 1 = 1`, /Value 1/],
    [() => raw(db, `SELECT ${ownParameters[0]}`), /parameter of its own/],
    [() => raw(db, [`SELECT ${ownParameters[1]}, `, ''], 1), /parameter of its own/],
    [() => db.sql`SELECT 1\0; DROP TABLE users`, /NUL/],
    [() => db.sql`SELECT '\u{zz}'`, /escape/],
  ]
  for (const [call, message] of cases) await refused(call, { code: 'SQL_REFUSED', message })
  await refused(() => db.sql`SELEKT 1`, { code: 'SQL_FAILED', message: words.syntax })
  await refused(() => db.sql`SELECT * FROM nowhere`, { code: 'SQL_FAILED', message: words.noTable, hint: /initDb/ })
  for (const value of [
    undefined,
    NaN,
    Infinity,
    {},
    [],
    [1, 2],
    Symbol('x'),
    () => {},
    2n ** 63n,
    new Date(NaN),
    new Map(),
  ])
    await refused(() => db.sql`DELETE FROM users WHERE id = ${1} OR ${value}`, {
      code: 'VALUE_INVALID',
      message: /^Value 2 of the SQL cannot be bound: /,
    })
})
