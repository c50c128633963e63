// Sessions of PostgreSQL: what begins their transaction, and which connection their calls take before and after that.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import express from 'express'
import { expressScope, fetchScope, initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { emails, models, opened } from '../support/engine.mjs'
import { ask, listening } from '../support/http.mjs'
import { test } from '../support/postgres-test.mjs'

/** A database with tables, and a handle of it with a pool of this size that has not connected yet. */
async function setUp(t, { size = 2, query = '' } = {}) {
  const url = await newUrl(t)
  await initDb({ models, url })
  return opened(t, url + query, { pool: { size, acquireTimeoutMs: 2000 } })
}

const used = async db => (await db.health()).pool.used
const process = async session => (await session.sql`SELECT pg_backend_pid() AS pid`)[0].pid

test('sessions that only read hold no connection, from the first call of a handle on', async t => {
  const db = await setUp(t)
  const sessions = Array.from({ length: 10 }, () => db.session())
  assert.deepEqual(await Promise.all(sessions.map(session => session.users.count())), Array(10).fill(0))
  assert.equal(await used(db), 0)
  await db.users.create({ email: 'a' })
  for (const session of sessions) {
    assert.equal((await session.users.get(1)).email, 'a')
    assert.deepEqual(await session.users.aggregate({ count: true }), { count: 1 })
    assert.equal((await session.users.page({ limit: 1 })).rows.length, 1)
    assert.equal(await session.users.exists({ where: { id: 1 } }), true)
  }
  assert.equal(await used(db), 0)
  await Promise.all(sessions.map(session => session.close()))
})

test('from its first write on a session has one connection, and sees what it wrote', async t => {
  const db = await setUp(t)
  const session = db.session()
  assert.equal(await session.users.count(), 0)
  assert.equal(await used(db), 0)
  await session.users.create({ email: 'a' })
  assert.equal(await used(db), 1)
  assert.deepEqual(await emails(session), ['a'])
  assert.deepEqual(await emails(db), [])
  const pid = await process(session)
  await session.users.create({ email: 'b' })
  assert.equal(await process(session), pid)
  assert.equal(await session.users.count(), 2)
  await session.commit()
  assert.equal(await used(db), 0)
  assert.equal(await session.users.count(), 2)
  assert.equal(await used(db), 0, 'behind a commit it reads alone again')
  await session.close()
})

const BEGINS = {
  'a write that changes nothing': session => session.users.deleteMany({ where: { id: 99 } }),
  sql: session => session.sql`SELECT set_config('plinth.test', '1', true)`,
  'sql that locks rows': session => session.sql`SELECT id FROM users FOR UPDATE`,
  'a stream': async session => {
    for await (const _ of session.users.stream({ batch: 1 })) break
  },
  'a nested transaction': session => session.transaction(tx => tx.users.count()),
}

for (const [what, call] of Object.entries(BEGINS)) {
  test(`the transaction of a session begins with ${what}`, async t => {
    const db = await setUp(t)
    await db.users.create({ email: 'a' })
    const session = db.session()
    await session.users.count()
    assert.equal(await used(db), 0)
    await call(session)
    assert.equal(await used(db), 1)
    await session.users.count()
    assert.equal(await used(db), 1)
    await session.close()
    assert.equal(await used(db), 0)
  })
}

for (const isolation of ['repeatable read', 'serializable']) {
  test(`at ${isolation} the first call of a session begins its transaction, and reads see one snapshot`, async t => {
    const db = await setUp(t)
    const session = db.session({ isolation })
    assert.equal(await session.users.count(), 0)
    assert.equal(await used(db), 1)
    await db.users.create({ email: 'a' })
    assert.equal(await session.users.count(), 0)
    const [row] = await session.sql`SELECT current_setting('transaction_isolation') AS level`
    assert.equal(row.level, isolation)
    await session.close()
    await db.scope(
      async session => {
        await session.users.count()
        assert.equal(await used(db), 1)
      },
      { isolation },
    )
  })

  test(`a database whose transactions are ${isolation} by default keeps them so, in the first session too`, async t => {
    const setting = encodeURIComponent(`-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`)
    const db = await setUp(t, { size: 3, query: `?options=${setting}` })
    const sessions = [db.session(), db.session()]
    assert.deepEqual(await Promise.all(sessions.map(session => session.users.count())), [0, 0])
    assert.equal(await used(db), 2)
    await db.users.create({ email: 'a' })
    for (const session of sessions) assert.equal(await session.users.count(), 0)
    const committed = db.session({ isolation: 'read committed' })
    assert.equal(await committed.users.count(), 1)
    assert.equal(await used(db), 2)
    await committed.users.create({ email: 'b' })
    const [row] = await committed.sql`SELECT current_setting('transaction_isolation') AS level`
    assert.equal(row.level, 'read committed')
    await Promise.all([...sessions, committed].map(session => session.close()))
  })

  test(`a first read at ${isolation} that is not awaited before the commit leaves no transaction open`, async t => {
    const setting = encodeURIComponent(`-c default_transaction_isolation=${isolation.replace(' ', '\\ ')}`)
    const db = await setUp(t, { size: 1, query: `?options=${setting}` })
    const session = db.session()
    const count = session.users.count()
    await session.commit()
    assert.equal(await count, 0)
    assert.equal(await used(db), 0)
    const other = await setUp(t, { size: 1, query: `?options=${setting}` })
    let late
    await other.scope(async session => {
      late = session.users.count()
    })
    assert.equal(await late, 0)
  })
}

test('the isolation is known, too, where the URL says whether statements are prepared', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url, prepare: true, pool: { size: 1 } })
  t.after(() => db.close())
  const sessions = [db.session(), db.session()]
  assert.deepEqual(await Promise.all(sessions.map(session => session.users.count())), [0, 0])
  assert.equal(await used(db), 0)
  await Promise.all(sessions.map(session => session.close()))
})

test('a read that fails leaves a session that reads and writes', async t => {
  const db = await setUp(t)
  await db.sql`DROP TABLE posts`
  const session = db.session()
  await fails(() => session.posts.count(), { code: 'SQL_FAILED' })
  await session.users.create({ email: 'a' })
  await session.commit()
  await session.close()
  assert.deepEqual(await emails(db), ['a'])
})

test('a scope over HTTP has the isolation that it is given', async t => {
  const db = await setUp(t)
  const level = async session => (await session.sql`SELECT current_setting('transaction_isolation') AS level`)[0].level
  const seen = async session => [await session.users.count(), await used(db), await level(session)]
  const app = express().set('env', 'test')
  app.get('/', expressScope(db, { isolation: 'serializable' }), async (req, res) => res.json(await seen(req.db)))
  const { body } = await ask(await listening(t, createServer(app)))
  assert.deepEqual(JSON.parse(body), [0, 1, 'serializable'])
  const handler = fetchScope(db, async (_, session) => Response.json(await seen(session)), {
    isolation: 'repeatable read',
  })
  assert.deepEqual(await (await handler(new Request('http://localhost/'))).json(), [0, 1, 'repeatable read'])
  const plain = fetchScope(db, async (_, session) => Response.json(await seen(session)))
  assert.deepEqual(await (await plain(new Request('http://localhost/'))).json(), [0, 0, 'read committed'])
  assert.equal(await used(db), 0)
})
