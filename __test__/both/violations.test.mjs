// The violations that the database refuses: unique, foreign-key, not-null and check, with their
// names, without private values.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, foreignKey, index, model, schema, unique } from 'plinth'
import { setUp } from '../support/bad-input.mjs'
import { database, everything, fails } from '../support/db.mjs'

const uniqueEmail = {
  code: 'UNIQUE_VIOLATION',
  name: 'UniqueViolationError',
  table: 'users',
  columns: ['email'],
  constraint: 'users_email_key',
}

test('a second row with the same unique value', async t => {
  const { db, refused } = await setUp(t)
  const row = { email: 'ADA@x' }
  const found = { ...uniqueEmail, found: 'email = "ada@x"', message: /email/, retryable: false }
  await refused(() => db.users.create(row), found)
  await refused(() => db.sync.users.create(row), found)
  await refused(() => db.users.createMany([{ email: 'b' }, row]), { ...found, message: /^Row 1: /, row: 1 })
  await refused(() => db.users.upsert({ id: 5, email: 'ada@x' }, { on: ['id'] }), uniqueEmail)
  await refused(() => db.sql`INSERT INTO users (email) VALUES (${'ada@x'})`, uniqueEmail)
  await refused(() => db.transaction(tx => tx.users.create(row)), found)
})

test('an update to a unique value that another row has', async t => {
  const { db } = await setUp(t)
  await db.users.create({ email: 'bea@x' })
  await fails(() => db.users.update(2, { email: 'ada@x' }), { ...uniqueEmail, found: 'email = "ada@x"' })
  await fails(() => db.users.updateMany({ all: true }, { email: 'same' }), { ...uniqueEmail, found: 'email = "same"' })
  assert.deepEqual(
    (await db.users.list({ select: ['email'], orderBy: { id: 'asc' } })).map(u => u.email),
    ['ada@x', 'bea@x'],
  )
})

test('a unique of several columns, and one that is an index', async t => {
  const { db, refused } = await setUp(t)
  await refused(() => db.users.create({ email: 'b', name: 'Ada', age: 36 }), {
    code: 'UNIQUE_VIOLATION',
    table: 'users',
    columns: ['name', 'age'],
    constraint: 'users_name_age_key',
    found: 'name = "Ada", age = 36',
  })
  await refused(() => db.users.create({ email: 'b', nick: 'a' }), {
    code: 'UNIQUE_VIOLATION',
    table: 'users',
    columns: ['nick'],
    constraint: 'one_nick',
    found: 'nick = "a"',
  })
  await db.users.createMany([
    { email: 'n1', name: 'Ada' },
    { email: 'n2', name: 'Ada' },
  ])
})

test('a key that exists already', async t => {
  const { db, refused } = await setUp(t)
  await refused(() => db.users.create({ id: 1, email: 'b' }), {
    code: 'UNIQUE_VIOLATION',
    table: 'users',
    columns: ['id'],
    constraint: 'users_pkey',
    found: 'id = 1',
  })
  await db.seats.create({ row: 'A', number: 1n })
  const fields = { code: 'UNIQUE_VIOLATION', table: 'seats', columns: ['row', 'number'], constraint: 'seats_pkey' }
  await fails(() => db.seats.create({ row: 'A', number: 1n }), { ...fields, found: 'row = "A", number = 1n' })
  assert.equal(await db.seats.count(), 1)
})

test('a foreign key without its row', async t => {
  const { db, refused } = await setUp(t)
  const fields = { code: 'FOREIGN_KEY_VIOLATION', name: 'ForeignKeyViolationError', table: 'posts' }
  const author = { ...fields, columns: ['authorId'], constraint: 'posts_author_id_fkey', found: 'authorId = 99' }
  const editor = { ...fields, columns: ['editorId'], constraint: 'posts_edited_by_fkey', found: 'editorId = 98' }
  await refused(() => db.posts.create({ authorId: 99, title: 'x' }), author)
  await refused(() => db.sync.posts.create({ authorId: 99, title: 'x' }), author)
  await refused(() => db.posts.create({ authorId: 1, editorId: 98, title: 'x' }), editor)
  await refused(() => db.posts.update(1, { authorId: 99 }), author)
  await refused(() => db.posts.updateMany({ all: true }, { title: 'y', editorId: 98 }), editor)
  await refused(() => db.posts.upsert({ id: 1, authorId: 1, title: 'x' }, { on: ['id'], update: { editorId: 98 } }), {
    ...fields,
    columns: ['editorId'],
    constraint: 'posts_edited_by_fkey',
  })
  const rows = Array.from({ length: 200 }, (_, i) => ({ authorId: i === 150 ? 99 : 1, title: 'x' }))
  await refused(() => db.posts.createMany(rows), {
    ...fields,
    columns: ['authorId'],
    constraint: 'posts_author_id_fkey',
    found: 'authorId = 99',
    row: 150,
  })
})

test('a row that others still point to', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'FOREIGN_KEY_VIOLATION',
    table: 'posts',
    columns: ['authorId'],
    constraint: 'posts_author_id_fkey',
    message: /still reference/,
  }
  await refused(() => db.users.delete(1), fields)
  await refused(() => db.sync.users.delete(1), fields)
  await refused(() => db.users.deleteMany({ where: { name: 'Ada', age: { gt: 3 } } }), fields)
  await refused(() => db.users.deleteMany({ all: true }), fields)
  await refused(() => db.users.update(1, { id: 5 }), { ...fields, message: /.+/ })
})

test('a foreign key of several columns, and one to itself', async t => {
  const models = schema(
    {
      shops: model('shops', { country: c.text().primaryKey(), no: c.integer().primaryKey() }),
      orders: model(
        'orders',
        {
          id: c.id(),
          country: c.text().nullable(),
          shopNo: c.integer().nullable(),
          parentId: c.integer().nullable().references('orders.id'),
        },
        o => [foreignKey([o.country, o.shopNo], 'shops', ['country', 'no']).name('order_shop')],
      ),
    },
    {},
  )
  const db = await database(t, models)
  await db.shops.create({ country: 'it', no: 1 })
  const shop = {
    code: 'FOREIGN_KEY_VIOLATION',
    table: 'orders',
    columns: ['country', 'shopNo'],
    constraint: 'order_shop',
  }
  await fails(() => db.orders.create({ country: 'it', shopNo: 2 }), { ...shop, found: 'country = "it", shopNo = 2' })
  const [, french] = await db.orders.createMany([
    { country: 'it', shopNo: 1 },
    { country: 'fr' },
    { id: 7, parentId: 7 },
    { id: 8, parentId: 7 },
  ])
  await fails(() => db.orders.update(french.id, { shopNo: 1 }), shop)
  await fails(() => db.orders.updateMany({ where: { country: 'it' } }, { parentId: null, shopNo: 3 }), shop)
  await fails(() => db.shops.delete({ country: 'it', no: 1 }), shop)
  await fails(() => db.orders.deleteMany({ where: { id: 7 } }), {
    code: 'FOREIGN_KEY_VIOLATION',
    columns: ['parentId'],
    constraint: 'orders_parent_id_fkey',
  })
  await fails(() => db.orders.create({ parentId: 99 }), { code: 'FOREIGN_KEY_VIOLATION', columns: ['parentId'] })
  assert.equal(await db.orders.count(), 4)
})

test('a check', async t => {
  const { db, refused } = await setUp(t)
  const fields = { code: 'CHECK_VIOLATION', name: 'CheckViolationError', table: 'users' }
  await refused(() => db.users.create({ email: 'b', age: -1 }), {
    ...fields,
    columns: ['age'],
    constraint: 'users_age_check',
    found: 'age = -1',
  })
  await refused(() => db.sync.users.update(1, { age: -1 }), {
    ...fields,
    columns: ['age'],
    constraint: 'users_age_check',
    found: 'age = -1',
  })
  await refused(() => db.users.create({ email: 'b', small: 5, big: 5n }), {
    ...fields,
    columns: ['small', 'big'],
    constraint: 'small_before_big',
    found: 'small = 5, big = 5n',
  })
  await refused(() => db.users.createMany([{ email: 'b' }, { email: 'c', age: -1 }]), {
    ...fields,
    constraint: 'users_age_check',
  })
  await refused(() => db.sql`UPDATE users SET role = ${'owner'}`, {
    ...fields,
    columns: ['role'],
    constraint: 'users_role_check',
  })
})

test('a null that only the database sees', async t => {
  const { db, refused } = await setUp(t)
  const fields = {
    code: 'NOT_NULL_VIOLATION',
    name: 'NotNullViolationError',
    table: 'posts',
    columns: ['authorId'],
    message: /null/,
  }
  await refused(() => db.sql`INSERT INTO posts (title) VALUES (${'x'})`, fields)
  await refused(() => db.sql`UPDATE posts SET author_id = NULL`, fields)
})

test('private values are in no violation', async t => {
  const { db } = await setUp(t)
  await db.users.update(1, { pinCode: '7SECRET' })
  await db.users.create({ email: 'b' })
  const again = { pinCode: '7SECRET' }
  const fields = { code: 'UNIQUE_VIOLATION', table: 'users', columns: ['pinCode'], constraint: 'users_pin_code_key' }
  const calls = [
    () => db.users.create({ email: 'c', ...again }),
    () => db.sync.users.create({ email: 'c', ...again }),
    () => db.users.createMany([{ email: 'c' }, { email: 'd', ...again }]),
    () => db.users.upsert({ email: 'b', ...again }, { on: ['email'] }),
    () => db.users.update(2, again),
    () => db.users.updateMany({ where: { email: 'b' } }, again),
    () => db.sql`INSERT INTO users (email, pin_code) VALUES (${'c'}, ${'7SECRET'})`,
  ]
  for (const call of calls) {
    const error = await fails(call, { ...fields, found: undefined })
    assert.ok(!everything(error).includes('SECRET'), everything(error))
  }
  const zero = await fails(() => db.users.update(2, { pinCode: 'zero' }), {
    code: 'CHECK_VIOLATION',
    columns: ['pinCode'],
    constraint: 'users_pin_code_check',
  })
  assert.ok(!everything(zero).includes('zero'), everything(zero))
  assert.equal(await db.users.count(), 2)
})

test('a unique that holds a private column shows none of its values', async t => {
  const models = schema({
    doors: model('doors', { id: c.id(), name: c.text(), code: c.text().private() }, d => [
      unique(d.name, d.code),
      index(d.code).unique().where("name = 'main'").name('one_code'),
      check("code <> 'zero'").name('no_zero'),
    ]),
    locks: model('locks', { code: c.text().primaryKey().private(), n: c.integer() }),
  })
  const db = await database(t, models)
  await db.doors.create({ name: 'main', code: 'SECRET-1' })
  await db.locks.create({ code: 'SECRET-3', n: 1 })
  const calls = [
    [() => db.doors.create({ name: 'main', code: 'SECRET-1' }), { code: 'UNIQUE_VIOLATION', found: undefined }],
    [
      () => db.doors.create({ name: 'side', code: 'zero' }),
      { code: 'CHECK_VIOLATION', constraint: 'no_zero', found: undefined },
    ],
    [() => db.locks.update('SECRET-2', { n: 2 }), { code: 'NOT_FOUND', found: 'no row with this key' }],
    [() => db.locks.delete('SECRET-2'), { code: 'NOT_FOUND' }],
    [
      () => db.locks.create({ code: 'SECRET-3', n: 1 }),
      { code: 'UNIQUE_VIOLATION', constraint: 'locks_pkey', found: undefined },
    ],
    [() => db.locks.get(Symbol('SECRET-4')), { code: 'VALUE_INVALID' }],
    [() => db.locks.get(['SECRET-4']), { code: 'VALUE_INVALID' }],
  ]
  for (const [call, fields] of calls) {
    const error = await fails(call, fields)
    assert.ok(
      !/SECRET|zero'/.test(
        everything(error)
          .replace(/no_zero/g, '')
          .replace(/violations\.test\.mjs.*/g, ''),
      ),
      everything(error),
    )
  }
})

test('one failure among many calls at once concerns no other', async t => {
  const { db } = await setUp(t)
  const results = await Promise.allSettled(
    Array.from({ length: 300 }, (_, i) => db.users.create({ email: i % 10 ? `m${i}` : 'ada@x', age: i % 7 ? i : -1 })),
  )
  const expected = i => (i % 7 ? (i % 10 ? undefined : 'UNIQUE_VIOLATION') : 'CHECK_VIOLATION')
  for (const [i, result] of results.entries()) {
    if (i % 70 === 0) assert.match(result.reason.code, /^(UNIQUE|CHECK)_VIOLATION$/)
    else assert.equal(result.reason?.code, expected(i), `call ${i}`)
  }
  const made = results.filter(r => r.status === 'fulfilled').map(r => r.value.id)
  assert.equal(await db.users.count({ where: { id: { in: made } } }), made.length)
  assert.equal(await db.users.count(), made.length + 1)
})
