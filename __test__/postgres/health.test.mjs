// Health beside a pool: a probe has a connection of its own, so that a pool in use is no database that is down.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { healthHandler, initDb, open } from 'plinth'
import { newUrl } from '../support/dialect.mjs'
import { onServer, serverUrlFor } from '../support/dialect-postgres.mjs'
import { gate, models, opened } from '../support/engine.mjs'
import { test } from '../support/postgres-test.mjs'

const nameOf = url => decodeURIComponent(new URL(url).pathname.slice(1))

async function setUp(t, pool) {
  const url = await newUrl(t)
  await initDb({ models, url })
  return { url, db: opened(t, url, { pool }) }
}

/** How many connections the server has to the database of a URL. */
async function connections(url) {
  const [{ n }] = await onServer('SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1', [nameOf(url)])
  return n
}

async function until(url, n) {
  for (let i = 0; i < 100 && (await connections(url)) !== n; i++) await sleep(50)
  assert.equal(await connections(url), n)
}

/** Transactions that hold every connection of a pool, until `end()`. */
async function full(db, size) {
  const wait = gate()
  const begun = Array.from({ length: size }, gate)
  const running = begun.map(({ open }, i) =>
    db.transaction(async tx => {
      await tx.users.create({ email: `holds ${i}` })
      open()
      await wait.passed
    }),
  )
  await Promise.all(begun.map(({ passed }) => passed))
  return {
    end: () => {
      wait.open()
      return Promise.all(running)
    },
  }
}

test('a pool whose connections are all in use differs from a database that is down', async t => {
  const { db } = await setUp(t, { size: 3 })
  const { status, pool } = await db.health()
  assert.deepEqual([status, pool], ['ok', { size: 3, used: 0, waiting: 0 }])
  const holding = await full(db, 3)
  const waiting = [db.users.count(), db.users.create({ email: 'a' })]
  try {
    // A call crosses at the end of its turn.
    await sleep(0)
    const seen = await db.health({ timeoutMs: 2000 })
    assert.deepEqual([seen.status, seen.pool], ['ok', { size: 3, used: 3, waiting: 2 }])
    const answer = await healthHandler(db, { timeoutMs: 2000 })()
    assert.deepEqual([answer.status, (await answer.json()).pool], [200, { size: 3, used: 3, waiting: 2 }])
  } finally {
    await holding.end()
  }
  await Promise.all(waiting)
  assert.deepEqual((await db.health()).pool, { size: 3, used: 0, waiting: 0 })
})

test('the connection of health is made when it is asked, not counted, and closed when it has been idle', async t => {
  const { url, db } = await setUp(t, { size: 1, idleTimeoutMs: 300 })
  await until(url, 0)
  assert.equal((await db.health()).status, 'ok')
  assert.equal(await connections(url), 1)
  const holding = await full(db, 1)
  await Promise.all([db.health(), db.health(), db.health()])
  assert.equal(await connections(url), 2)
  await until(url, 1)
  assert.equal((await db.health()).status, 'ok')
  await holding.end()
  await until(url, 0)
})

test('a connection of health that the server ended is made anew', async t => {
  const { url, db } = await setUp(t, { size: 1 })
  for (let round = 0; round < 3; round++) {
    assert.equal((await db.health()).status, 'ok')
    await onServer('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [nameOf(url)])
    await sleep(50)
  }
  assert.equal((await db.health()).status, 'ok')
})

test('a server that has no connection left for health is asked on one of the pool', async t => {
  const { url } = await setUp(t, { size: 1 })
  const user = `limited_${nameOf(url)}`
  await onServer(`CREATE ROLE ${user} LOGIN CONNECTION LIMIT 1`)
  t.after(() => onServer(`DROP ROLE ${user}`))
  const own = await serverUrlFor({ database: nameOf(url), user })
  const db = open({ models, url: own, pool: { size: 1 } })
  const other = open({ models, url: own })
  try {
    await db.sql`SELECT 1`
    const { status, pool } = await db.health()
    assert.deepEqual([status, pool], ['ok', { size: 1, used: 0, waiting: 0 }])
    const holding = db.session()
    await holding.sql`SELECT 1`
    const refused = await db.health()
    assert.deepEqual([refused.status, refused.serverVersion], ['ok', null])
    assert.deepEqual(refused.pool, { size: 1, used: 1, waiting: 0 })
    await holding.close()
    const { code, ...seen } = await other.health()
    assert.deepEqual([seen.status, code], ['down', 'TOO_MANY_CONNECTIONS'])
  } finally {
    await Promise.all([db.close(), other.close()])
  }
})

test('a server that accepts and says nothing is down in time, each time it is asked', async t => {
  const mute = createServer(() => {})
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.after(() => mute.close())
  const db = open({ models, url: `postgresql://u@127.0.0.1:${mute.address().port}/x?sslmode=disable` })
  const probes = await Promise.all([1, 2, 3].map(() => db.health({ timeoutMs: 200 })))
  for (const { status, code, pool } of probes) {
    assert.deepEqual([status, code, pool], ['down', 'TIMEOUT', { size: 10, used: 0, waiting: 0 }])
  }
  assert.equal((await db.health({ timeoutMs: 200 })).code, 'TIMEOUT')
  await db.close()
})
