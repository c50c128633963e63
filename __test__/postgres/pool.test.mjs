// The pool of a handle: how many connections it has, how long one is waited for, and the end of
// unused ones.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { onServer } from '../support/dialect-postgres.mjs'
import { gate, models, opened } from '../support/engine.mjs'
import { test } from '../support/postgres-test.mjs'

const nameOf = url => decodeURIComponent(new URL(url).pathname.slice(1))

/** How many connections the server has to the database of a URL. */
async function connections(url) {
  const [{ n }] = await onServer('SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1', [nameOf(url)])
  return n
}

async function until(url, wanted, what) {
  for (let i = 0; i < 100; i++) {
    if (wanted(await connections(url))) return
    await sleep(50)
  }
  assert.fail(`${what}: still ${await connections(url)} connections`)
}

async function setUp(t, pool, query = '') {
  const url = await newUrl(t)
  await initDb({ models, url })
  await until(url, n => n === 0, 'initDb leaves none')
  return { url, db: opened(t, url + query, { pool }) }
}

test('opening connects nothing; closing leaves nothing', async t => {
  const { url, db } = await setUp(t, {})
  assert.equal(await connections(url), 0)
  await Promise.all(Array.from({ length: 50 }, () => db.users.count()))
  db.sync.users.count()
  assert.ok((await connections(url)) > 0)
  await db.close()
  await until(url, n => n === 0, 'close')
})

test('there are never more connections than the size says, however many calls there are', async t => {
  const { url, db } = await setUp(t, { size: 3 })
  let most = 0
  let running = true
  const watch = (async () => {
    while (running) most = Math.max(most, await connections(url))
  })()
  await Promise.all([
    ...Array.from({ length: 300 }, (_, i) => db.users.create({ email: `${i}` })),
    ...Array.from({ length: 30 }, (_, i) => db.transaction(tx => tx.users.create({ email: `tx ${i}` }))),
    ...Array.from({ length: 6 }, () => db.sql`SELECT pg_sleep(0.05)`),
  ])
  running = false
  await watch
  assert.ok(most >= 1 && most <= 3, `${most} connections`)
  assert.equal(await db.users.count(), 330)
})

test('the URL sets the size if no option does', async t => {
  const { url, db } = await setUp(t, undefined, '?pool_size=2')
  await Promise.all(Array.from({ length: 20 }, () => db.transaction(tx => tx.sql`SELECT pg_sleep(0.01)`)))
  assert.ok((await connections(url)) <= 2)
})

test('who waits for a connection longer than the timeout fails with PoolTimeout, and works when one is free', async t => {
  const { db } = await setUp(t, { size: 2, acquireTimeoutMs: 300 })
  const wait = gate()
  const holding = [1, 2].map(i =>
    db.transaction(async tx => {
      await tx.users.create({ email: `holds ${i}` })
      await wait.passed
    }),
  )
  await sleep(100)
  const began = Date.now()
  const timeout = { code: 'POOL_TIMEOUT', retryable: true, hint: /pool/ }
  try {
    await Promise.all([
      fails(() => db.users.count(), timeout),
      fails(() => db.users.create({ email: 'a' }), timeout),
      fails(() => db.transaction(tx => tx.users.count()), timeout),
      ...Array.from({ length: 30 }, () => fails(() => db.users.get(1), timeout)),
    ])
    const waited = Date.now() - began
    assert.ok(waited >= 280 && waited < 3000, `waited ${waited} ms`)
  } finally {
    wait.open()
  }
  await Promise.all(holding)
  assert.equal(await db.users.count(), 2)
})

test('a pool of one serves calls, transactions and sessions in turn', async t => {
  const { db } = await setUp(t, { size: 1 })
  const session = db.session()
  await session.users.create({ email: 'a' })
  const later = [db.users.create({ email: 'b' }), db.transaction(tx => tx.users.create({ email: 'c' }))]
  await session.commit()
  await Promise.all(later)
  await session.close()
  assert.equal(await db.users.count(), 3)
})

test('connections that are not used are closed after the idle timeout, and made again', async t => {
  const { url, db } = await setUp(t, { size: 5, idleTimeoutMs: 200 })
  await Promise.all(Array.from({ length: 5 }, () => db.transaction(tx => tx.sql`SELECT pg_sleep(0.05)`)))
  assert.ok((await connections(url)) >= 2)
  await until(url, n => n <= 1, 'idle connections')
  assert.equal(await db.users.count(), 0)
})

test('with an idle timeout of 0 they stay', async t => {
  const { url, db } = await setUp(t, { size: 4, idleTimeoutMs: 0 })
  await Promise.all(Array.from({ length: 4 }, () => db.transaction(tx => tx.sql`SELECT pg_sleep(0.1)`)))
  const before = await connections(url)
  assert.ok(before >= 4)
  await sleep(1500)
  assert.equal(await connections(url), before)
})

test('connections that the server ended are replaced, and the calls after do not notice', async t => {
  const { url, db } = await setUp(t, { size: 4 })
  for (let round = 0; round < 5; round++) {
    await Promise.all(Array.from({ length: 20 }, () => db.users.count()))
    db.sync.users.count()
    await onServer('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [nameOf(url)])
    await sleep(50)
    assert.equal(await db.users.count(), round)
    await db.users.create({ email: `${round}` })
    assert.equal(db.sync.users.count(), round + 1)
  }
})

test('settings that a transaction made on its connection are gone for the next', async t => {
  const { db } = await setUp(t, { size: 1 })
  const state =
    () => db.sql`SELECT current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout,
    (SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'own') AS prepared, to_regclass('own') IS NULL AS dropped`
  const before = await state()
  await db.transaction(async tx => {
    await tx.sql`SET LOCAL statement_timeout = 12345`
    await tx.sql`CREATE TEMPORARY TABLE own (a integer) ON COMMIT DROP`
  })
  assert.deepEqual(await state(), before)
})

test('options of the pool that make no sense are refused', async () => {
  for (const pool of [{ size: 0 }, { size: 1.5 }, { size: '3' }, { acquireTimeoutMs: -1 }, { idleTimeoutMs: NaN }, 5])
    await fails(async () => opened({ after() {} }, 'postgresql://u@127.0.0.1:1/x', { pool }), {
      code: 'QUERY_INVALID',
      message: /pool/,
    })
  await fails(async () => opened({ after() {} }, 'postgresql://u@127.0.0.1:1/x', { pool: { max: 1 } }), {
    code: 'UNKNOWN_OPTION',
  })
})

test('without a limit a call waits for a connection as long as it takes; its own limits and close() end that', async t => {
  for (const [query, pool] of [
    ['?pool_timeout=0&pool_size=1', undefined],
    ['', { size: 1, acquireTimeoutMs: 0 }],
  ]) {
    const { db } = await setUp(t, pool, query)
    const wait = gate()
    const holding = db.transaction(async tx => {
      await tx.users.create({ email: 'holds' })
      await wait.passed
    })
    const waits = db.users.count()
    await fails(() => db.users.count({ timeout: 100 }), { code: 'TIMEOUT', mayHaveCommitted: false })
    await fails(() => db.users.count({ signal: AbortSignal.timeout(100) }), { code: 'ABORTED' })
    // Longer than zero seconds, and than any moment that would be taken for them.
    await sleep(1200)
    wait.open()
    await holding
    assert.equal(await waits, 1)
    const session = db.session()
    await session.users.create({ email: 'idle' })
    const left = db.users.count().catch(error => error.code)
    await db.close({ timeout: 100 })
    // The session that was rolled back may have left its connection in time.
    assert.ok([1, 'CLOSED'].includes(await left))
  }
})
