// Values that PostgreSQL cannot hold, the input and output of raw SQL, and columns that others
// made.
import assert from 'node:assert/strict'
import { c, initDb, model, open, schema } from 'plinth'
import { setUp } from '../support/bad-input.mjs'
import { database, fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

test('a NUL in text or JSON is VALUE_INVALID, with its column; bytes hold it', async t => {
  const { db, refused } = await setUp(t)
  const invalid = column => ({ code: 'VALUE_INVALID', table: 'users', columns: [column], message: /NUL/ })
  for (const call of [
    () => db.users.create({ email: 'new', name: 'a\0b' }),
    () => db.sync.users.create({ email: 'new', name: 'a\0b' }),
    () => db.users.update(1, { name: '\0' }),
    () => db.users.updateMany({ all: true }, { name: '\0' }),
    () => db.users.upsert({ email: 'ada@x', name: '\0' }, { on: ['email'] }),
  ])
    await refused(call, invalid('name'))
  await refused(() => db.users.create({ email: 'new', settings: { a: ['\0'] } }), invalid('settings'))
  await refused(() => db.users.create({ email: 'new', settings: { 'a\0': 1 } }), invalid('settings'))
  const rows = Array.from({ length: 300 }, (_, i) => ({ email: `m${i}`, name: i === 270 ? 'a\0' : 'é' }))
  await refused(() => db.users.createMany(rows), { ...invalid('name'), row: 270 })
  await refused(() => db.seats.get({ row: '\0', number: 1n }), { code: 'VALUE_INVALID' })
  await refused(() => db.sql`SELECT ${'a\0'}::text AS t`, { code: 'VALUE_INVALID' })
  const picture = Uint8Array.of(0, 1, 0)
  const { id } = await db.users.create({ email: 'bytes', picture })
  assert.deepEqual((await db.users.get(id)).picture, picture)
})

test('raw SQL gives values of every type of the server that has one in JavaScript, and says which has none', async t => {
  const db = await database(t, schema({ things: model('things', { id: c.id() }) }))
  const one = async sql => (await raw(db, `SELECT ${sql} AS v`))[0].v
  for (const [sql, value] of [
    ['1::smallint', 1],
    ['2::integer', 2],
    ['3::bigint', 3],
    ['9007199254740993::bigint', 9007199254740993n],
    ['count(*)', 1],
    ['1.5::real', 1.5],
    ['0.1::double precision', 0.1],
    ["'-0'::double precision", -0],
    ['1.50::numeric(9,2)', '1.50'],
    ['true', true],
    ["'a'::text", 'a'],
    ["'a'::varchar", 'a'],
    ["'ab'::char(2)", 'ab'],
    ["'a'::name", 'a'],
    ["'2026-11-20 10:00:00.5+02'::timestamptz", new Date('2026-11-20T08:00:00.500Z')],
    ["'2026-11-20'::date", '2026-11-20'],
    [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
    [`'{"a": 1}'::json`, { a: 1 }],
    ["'\\x00ff'::bytea", Uint8Array.of(0, 255)],
    ["'018F3C1E-8D2A-7C3B-9F10-2B6A5D4C3E2F'::uuid", '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'],
    ['NULL', null],
    ['NULL::jsonb', null],
  ])
    assert.deepStrictEqual(await one(sql), value, sql)
})

test('raw SQL that gives a type that has no place in JavaScript is refused before it runs, or says that it has run', async t => {
  const url = await newUrl(t)
  await query(url, 'CREATE TABLE things (id integer)')
  const models = schema({ things: model('things', { id: c.integer().primaryKey() }) })
  const write = on => on.sql`INSERT INTO things VALUES (1) RETURNING interval '1 day' AS v`
  const unread = { message: /column v of the type interval/, hint: /v::text/, retryable: false }
  for (const [prepare, code, written] of [
    ['', 'SQL_REFUSED', 0],
    ['?prepare=false', 'VALUE_UNREADABLE', 1],
  ]) {
    const db = open({ models, url: url + prepare })
    t.after(() => db.close())
    for (const on of [db, db.sync]) {
      const error = await fails(() => write(on), { ...unread, code, mayHaveCommitted: written ? true : undefined })
      assert.equal(error.cause, undefined)
      assert.equal((await db.sql`DELETE FROM things RETURNING id`).length, written)
    }
    await fails(() => db.transaction(tx => write(tx)), { ...unread, code, mayHaveCommitted: undefined })
    assert.deepEqual(await db.sql`SELECT id FROM things`, [])
  }
})

test('raw SQL takes values of every kind where a column or a cast says the type', async t => {
  const { db } = await setUp(t)
  const at = new Date('2026-11-20T08:00:00.500Z')
  const [row] =
    await db.sql`UPDATE users SET name = ${'x'}, age = ${5}, big = ${2n ** 62n}, ratio = ${0.5}, price = ${'1.50'}, active = ${false},
      token = ${'018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'}, seen_at = ${at}, birthday = ${'2026-11-20'}, picture = ${Uint8Array.of(1)}
    WHERE id = ${1} AND email = ${'ada@x'} AND nick IS NOT DISTINCT FROM ${'a'} RETURNING name, age, big, ratio, price, active, token, seen_at, birthday, picture`
  assert.deepEqual(row, {
    name: 'x',
    age: 5,
    big: 2n ** 62n,
    ratio: 0.5,
    price: '1.50',
    active: false,
    token: '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f',
    seen_at: at,
    birthday: '2026-11-20',
    picture: Uint8Array.of(1),
  })
  assert.deepEqual(
    await db.sql`SELECT ${5} + 1 AS n, ${1.5}::float8 * 2 AS r, ${5} AS alone, ${'a'} || 'b' AS t, ${true} AND true AS b, ${null}::text AS nothing`,
    [{ n: 6, r: 3, alone: '5', t: 'ab', b: true, nothing: null }],
  )
  assert.equal((await db.sql`SELECT count(*) AS n FROM users WHERE age > ${1} LIMIT ${1} OFFSET ${0}`)[0].n, 1)
})

test('what raw SQL puts where it does not fit is refused, with what the server says of it', async t => {
  const { db, refused } = await setUp(t)
  await refused(() => db.sql`UPDATE users SET settings = ${'{oops'}`, { code: 'VALUE_INVALID' })
  await refused(() => db.sql`UPDATE users SET email = ${'x'.repeat(21)}`, { code: 'VALUE_INVALID' })
  await refused(() => db.sql`UPDATE users SET small = ${2 ** 40}`, { code: 'VALUE_INVALID' })
  await refused(() => db.sql`UPDATE users SET active = ${'maybe'}`, { code: 'VALUE_INVALID' })
  await refused(() => db.sql`SELECT 1 / 0`, { code: 'SQL_FAILED', message: /division by zero|Division durch Null/ })
  await refused(() => db.sql`SELECT nope FROM users`, { code: 'SQL_FAILED', message: /nope/ })
})

test('columns that others made, of types wider or narrower than ours, are read as their kind', async t => {
  const url = await newUrl(t)
  await query(
    url,
    `CREATE TYPE mood AS ENUM ('good', 'bad');
     CREATE DOMAIN short AS text;
     CREATE TABLE things (id serial PRIMARY KEY, name varchar(20), note char(3), mood mood, label short, small smallint, rate real,
       price numeric(9, 2), at timestamptz, data json, list text[]);
     INSERT INTO things (name, note, mood, label, small, rate, price, at, data) VALUES
       ('a', 'abc', 'good', 'l', 7, 1.5, 12.3, '2026-11-20 10:00:00+00', '{"b": 1, "a": 2}')`,
  )
  const models = schema({
    things: model('things', {
      id: c.id(),
      name: c.text().nullable(),
      note: c.text().nullable(),
      mood: c.enum('mood', ['good', 'bad']).nullable(),
      label: c.text().nullable(),
      small: c.integer().nullable(),
      rate: c.real().nullable(),
      price: c.decimal(12, 2).nullable(),
      at: c.timestamp().nullable(),
      data: c.json().nullable(),
    }),
  })
  const report = await initDb({ models, url })
  assert.deepEqual(report.existing.tables, ['things'])
  const db = open({ models, url })
  t.after(() => db.close())
  const row = {
    id: 1,
    name: 'a',
    note: 'abc',
    mood: 'good',
    label: 'l',
    small: 7,
    rate: 1.5,
    price: '12.30',
    at: new Date('2026-11-20T10:00:00Z'),
    data: { b: 1, a: 2 },
  }
  assert.deepEqual(await db.things.get(1), row)
  const { id, ...values } = row
  assert.deepEqual(await db.things.create(values), { id: 2, ...values })
  assert.equal(await db.things.count({ where: { mood: 'good', small: { in: [7] }, price: '12.3' } }), 2)
  await fails(() => db.things.create({ ...values, small: 70_000 }), { code: 'VALUE_INVALID' })
  const { id: kept } = await db.things.update(2, { name: 'b', mood: 'bad' })
  assert.equal(kept, id + 1)
})

test('a filter has thousands of values, and createMany as many rows as it is given', async t => {
  const db = await database(
    t,
    schema({ things: model('things', { id: c.id(), a: c.integer(), b: c.text().nullable() }) }),
  )
  assert.equal(await db.things.count({ where: { or: Array.from({ length: 32_766 }, (_, i) => ({ a: i })) } }), 0)
  const rows = Array.from({ length: 100_000 }, (_, a) => ({ a, b: a % 3 ? `b${a}` : null }))
  const made = await db.things.createMany(rows)
  assert.equal(made.length, 100_000)
  assert.ok(made.every((row, i) => row.id === i + 1 && row.a === i))
})
