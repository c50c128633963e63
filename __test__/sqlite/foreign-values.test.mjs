// Values that others wrote: SQLite takes any. A value that would be read as equal to another and is
// not, or comes in another order, is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const models = schema({
  things: model('things', {
    id: c.id(),
    at: c.timestamp().nullable(),
    flag: c.boolean().nullable(),
    real: c.real().nullable(),
  }),
})

test('moments in other forms are refused, with what to do about them', async t => {
  const db = await database(t, models)
  const ours = '2026-11-20T10:00:00.123Z'
  const others = [
    '2026-11-20 10:00:00',
    '2026-11-20 10:00:00.123456',
    '2026-11-20T10:00:00Z',
    '2026-11-20T10:00:00.123456Z',
    '2026-11-20T10:00:00.123',
    '2026-11-20 10:00:00.123Z',
  ]
  for (const other of others) {
    await raw(db, ['INSERT INTO things (at) VALUES (', ')'], other)
    const unreadable = { code: 'VALUE_UNREADABLE', table: 'things', columns: ['at'], hint: /strftime/ }
    await fails(() => db.things.list(), unreadable)
    await fails(() => db.things.page({ orderBy: { at: 'asc' }, limit: 1 }), unreadable)
    await fails(() => db.things.aggregate({ max: ['at'] }), unreadable)
    // The SQL of the hint makes it one of ours.
    await raw(db, `UPDATE things SET at = strftime('%Y-%m-%dT%H:%M:%fZ', at)`)
    const [{ at }] = await db.things.list()
    assert.equal(at.toISOString().slice(0, 19), ours.slice(0, 19), other)
    assert.equal(await db.things.count({ where: { at } }), 1)
    // Raw SQL shows the stored value.
    await raw(db, ['UPDATE things SET at = ', ''], other)
    assert.deepEqual(await db.sql`SELECT at FROM things`, [
      { at: new Date(/Z$/.test(other) ? other : `${other.replace(' ', 'T')}Z`) },
    ])
    await db.things.deleteMany({ all: true })
  }
})

test('a number that is no true or false, and a whole number that no double holds, are refused', async t => {
  const db = await open({ models, url: await newUrl(t) })
  t.after(() => db.close())
  await raw(db, 'CREATE TABLE things (id INTEGER PRIMARY KEY, at TEXT, flag BOOLEAN, real NUMERIC)')
  for (const [column, value] of [
    ['flag', '2'],
    ['flag', '-1'],
    ['real', '9007199254740993'],
    ['real', '9223372036854775807'],
  ]) {
    await raw(db, `INSERT INTO things (${column}) VALUES (${value})`)
    await fails(() => db.things.list(), { code: 'VALUE_UNREADABLE', table: 'things', columns: [column] })
    await db.things.deleteMany({ all: true })
  }
  for (const [column, sql, value] of [
    ['flag', '1', true],
    ['flag', '0', false],
    ['real', '9007199254740992', 2 ** 53],
    ['real', '0.5', 0.5],
    ['real', '-9223372036854775808', -(2 ** 63)],
  ]) {
    await raw(db, `INSERT INTO things (${column}) VALUES (${sql})`)
    const [row] = await db.things.list({ where: { [column]: value } })
    assert.equal(row?.[column], value)
    await db.things.deleteMany({ all: true })
  }
})

test('a key of whole numbers that is text on one side is refused where it is joined', async t => {
  const keys = schema(
    {
      people: model('people', { id: c.integer().primaryKey() }),
      pets: model('pets', { id: c.id(), owner: c.integer().references('people.id') }),
    },
    { people: r => ({ pets: r.many('pets', 'owner') }), pets: r => ({ person: r.one('people', 'owner') }) },
  )
  const db = await open({ models: keys, url: await newUrl(t) })
  t.after(() => db.close())
  await raw(db, 'CREATE TABLE people (id INTEGER PRIMARY KEY)')
  await raw(db, 'CREATE TABLE pets (id INTEGER PRIMARY KEY, owner TEXT NOT NULL REFERENCES people (id))')
  await raw(db, 'INSERT INTO people VALUES (1)')
  await raw(db, `INSERT INTO pets (owner) VALUES ('1')`)
  const refused = { code: 'VALUE_UNREADABLE', model: 'pets', table: 'pets', columns: ['owner'], key: 1 }
  await fails(() => db.pets.list({ select: ['id'], include: { person: true } }), refused)
})

test('init tells capital letters of a lower-cased column in a table without a rowid too', async t => {
  const url = await newUrl(t)
  const users = schema({ users: model('users', { email: c.text().lowercase().primaryKey() }) })
  const db = open({ models: users, url })
  t.after(() => db.close())
  await raw(db, `CREATE TABLE users (email TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID`)
  assert.deepEqual((await initDb({ models: users, url })).pending, [])
  await raw(db, `INSERT INTO users VALUES ('ada'), ('Bob')`)
  const [pending] = (await initDb({ models: users, url })).pending
  assert.match(pending, /^One row of users has capital letters in users\.email, which is lower case: email `Bob`\./)
})
