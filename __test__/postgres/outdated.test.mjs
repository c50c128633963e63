// Types that a deployment changes under running processes: what they keep prepared is prepared anew, on every connection, whatever language
// the server speaks.
import assert from 'node:assert/strict'
import { c, initDb, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema(
  {
    users: model('users', { id: c.id(), name: c.text(), day: c.date(), note: c.text().nullable() }),
    posts: model('posts', { id: c.id(), userId: c.integer().references('users.id'), title: c.text() }),
  },
  { users: r => ({ posts: r.many('posts', 'userId') }) },
)

/** A database with a user that has a post, and a handle whose connections, as many as `size`, have prepared these calls. */
async function warm(t, calls, { size = 1 } = {}) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url, pool: { size } })
  t.after(() => db.close())
  await db.users.create({ name: 'a', day: '2020-01-02' })
  await db.posts.create({ userId: 1, title: 'p' })
  let waiting = size
  let all
  const together = new Promise(resolve => {
    all = resolve
  })
  // Each transaction has a connection to itself, and they are open at once.
  const one = async tx => {
    for (const call of calls) await call(tx)
    if (--waiting === 0) all()
    await together
  }
  await Promise.all(Array.from({ length: size }, () => db.transaction(one)))
  for (const call of calls) await call(db)
  for (const call of calls.filter(call => !call.later)) await call(db.sync)
  return { db, sql: text => query(url, text) }
}

/** Reads of many shapes: each has a statement of its own. */
const READS = [
  db => db.users.get(1),
  db => db.users.list({ orderBy: { id: 'asc' } }),
  db => db.users.list({ where: { name: 'a' } }),
  db => db.users.list({ where: { day: '2020-01-02' } }),
  db => db.users.list({ where: { id: { in: [1, 2] } } }),
  db => db.users.list({ select: ['name'] }),
  db => db.users.list({ limit: 3 }),
  db => db.sql`SELECT name FROM users WHERE id = ${1}`,
]
const ofA = rows => assert.equal((Array.isArray(rows) ? rows[0] : rows).name, 'a')

test('calls go on as if nothing had happened', async t => {
  const { db, sql } = await warm(t, READS, { size: 3 })
  await sql('ALTER TABLE users ALTER COLUMN name TYPE varchar(99)')
  for (const read of READS) ofA(await read(db))
  for (const read of READS) ofA(await read(db.sync))
  await sql('ALTER TABLE users ALTER COLUMN name TYPE text')
  for (const rows of await Promise.all(READS.map(read => read(db)))) ofA(rows)
})

test('a transaction with many outdated statements fails once, however many there are, and its retry succeeds', async t => {
  const { db, sql } = await warm(t, READS, { size: 3 })
  const all = async tx => {
    for (const read of READS) ofA(await read(tx))
  }
  await sql('ALTER TABLE users ALTER COLUMN name TYPE varchar(99)')
  await db.transaction(all, { retries: 1 })
  // Also of those that were on the other connections.
  await Promise.all([1, 2, 3].map(() => db.transaction(all)))
  await sql('ALTER TABLE users ALTER COLUMN name TYPE text')
  const error = await fails(() => db.transaction(all), { code: 'SQL_FAILED', retryable: true })
  assert.equal(error.mayHaveCommitted, undefined)
  await db.transaction(all)
})

test('values are bound as columns have them now', async t => {
  const calls = [
    db => db.users.count({ where: { day: '2020-01-02' } }),
    db => db.sql`SELECT id FROM users WHERE day = ${'2020-01-02'}`,
    db => db.users.create({ name: 'b', day: '2021-01-01', note: '2022-02-02' }),
    db => db.users.createMany([1, 2, 3].map(() => ({ name: 'b', day: '2021-01-01', note: '2022-02-02' }))),
    db =>
      db.users.createMany(Array.from({ length: 600 }, () => ({ name: 'b', day: '2021-01-01', note: '2022-02-02' }))),
    db => db.users.updateMany({ where: { day: '2021-01-01' } }, { note: '2023-03-03' }),
  ]
  const { db, sql } = await warm(t, calls)
  const before = await db.users.count()
  await sql(
    `ALTER TABLE users ALTER COLUMN day TYPE text USING to_char(day, 'YYYY-MM-DD'), ALTER COLUMN note TYPE date USING note::date`,
  )
  assert.equal(await calls[0](db), 1)
  assert.deepEqual(await calls[1](db), [{ id: 1 }])
  for (const call of calls.slice(2)) await call(db)
  assert.equal(await db.users.count(), before + 604)
  assert.equal(db.sync.users.count({ where: { day: '2020-01-02' } }), 1)
  await sql('ALTER TABLE users ALTER COLUMN day TYPE date USING day::date, ALTER COLUMN note TYPE text')
  await db.transaction(
    async tx => {
      for (const call of calls) await call(tx)
    },
    { retries: 1 },
  )
  assert.equal(await db.users.count(), before + 2 * 604)
})

test('hundreds of rows at once are not taken for others of the same width', async t => {
  const rows = Array.from({ length: 600 }, (_, i) => ({ name: String(i), day: '2020-01-01', much: i }))
  const many = schema({ users: model('users', { id: c.id(), name: c.text(), day: c.date(), much: c.integer() }) })
  const url = await newUrl(t)
  await initDb({ models: many, url })
  const db = open({ models: many, url, pool: { size: 1 } })
  t.after(() => db.close())
  await db.users.createMany(rows)
  await query(url, 'ALTER TABLE users ALTER COLUMN much TYPE double precision')
  await db.users.createMany(rows)
  await query(url, 'ALTER TABLE users ALTER COLUMN much TYPE bigint')
  await db.transaction(tx => tx.users.createMany(rows), { retries: 1 })
  const [{ count, sum }] = await query(url, 'SELECT count(*)::int, sum(much)::int FROM users')
  assert.deepEqual([count, sum], [1800, (3 * 599 * 600) / 2])
})

test('an include of a stream, too', async t => {
  const read = async db => {
    const seen = []
    for await (const user of db.users.stream({ include: { posts: true } })) seen.push(...user.posts)
    return seen
  }
  read.later = true
  const { db, sql } = await warm(t, [read])
  await sql('ALTER TABLE posts ALTER COLUMN title TYPE varchar(99)')
  await fails(() => read(db), { code: 'SQL_FAILED', retryable: true })
  assert.deepEqual(await read(db), [{ id: 1, userId: 1, title: 'p' }])
})

test('statements that are gone are prepared anew', async t => {
  const { db } = await warm(t, READS)
  await db.sql`DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`
  for (const read of READS) ofA(await read(db))
  await db.sql`DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`
  await db.transaction(
    async tx => {
      for (const read of READS) ofA(await read(tx))
    },
    { retries: 1 },
  )
})
