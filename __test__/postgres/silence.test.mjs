// A server that falls silent: every call with a limit is answered soon after it, says what may have been committed, and leaves nothing behind.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { drift, initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { gate, models, opened } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'
import { answered, freeze, LIMIT, late, mostInTime, settles, setUp, TIMES } from '../support/silence.mjs'

/** Opens all connections of the pool. */
const warm = (db, size) => Promise.all(Array.from({ length: size }, () => db.sql`SELECT pg_sleep(0.3)`))

/** Calls by name: `begin` gets a handle and what to wait for, and gives the call that is to fail. */
const CALLS = {
  'a read': { call: db => db.users.count({ timeout: LIMIT }), may: false },
  'a write': { call: (db, i) => db.users.create({ email: `silent ${i}` }, { timeout: LIMIT }), may: true },
  'writes of many rows': {
    call: (db, i) => db.users.createMany([{ email: `many ${i}` }, { email: `more ${i}` }], { timeout: LIMIT }),
    may: true,
  },
  'a stream': {
    call: async db => {
      for await (const _ of db.users.stream({ timeout: LIMIT })) assert.fail('a row')
    },
    may: false,
  },
  'a call in a transaction': {
    call: db => db.transaction(tx => tx.users.count(), { timeout: LIMIT }),
    may: false,
  },
}

/** What is done before the silence, and what must fail in it. */
const INSIDE = {
  'a transaction whose function waits for something else': {
    run: (db, silent) =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: `idle ${Math.random()}` })
          await silent()
          await sleep(60_000, undefined, { ref: false })
        },
        { timeout: LIMIT },
      ),
    may: false,
  },
  'a COMMIT': {
    run: (db, silent) =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: `commit ${Math.random()}` })
          await silent()
        },
        { timeout: LIMIT },
      ),
    may: true,
  },
  'a savepoint': {
    run: (db, silent) =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: `outer ${Math.random()}` })
          await silent()
          await tx.transaction(inner => inner.users.count())
        },
        { timeout: LIMIT },
      ),
    may: false,
  },
  'the commit of a session': {
    run: async (db, silent) => {
      const session = db.session({ timeout: LIMIT })
      await session.users.create({ email: `session ${Math.random()}` })
      await silent()
      await session.commit()
    },
    may: true,
  },
}

for (const [how, silence] of [
  ['passes nothing on', way => way.drop()],
  ['ends its side and passes nothing on', way => way.half()],
]) {
  for (const [name, { call, may }] of Object.entries(CALLS)) {
    test(`${name}, as the network ${how}`, async t => {
      const { url, way, db } = await setUp(t)
      await warm(db, TIMES)
      await silence(way)
      // A write that was sent to a connection which then ends is CONNECTION_LOST at once. Others are made again on another.
      const ends = how.startsWith('ends')
      await Promise.all(
        Array.from({ length: TIMES }, (_, i) =>
          late(() => call(db, i), ends ? { code: /^(TIMEOUT|CONNECTION_LOST)$/ } : { mayHaveCommitted: may }),
        ),
      )
      await way.cut()
      assert.equal(await db.users.count(), 0)
      await db.users.create({ email: 'after' })
      assert.deepEqual(await query(url, 'SELECT email FROM users'), [{ email: 'after' }])
    })
  }
}

for (const [name, { run, may }] of Object.entries(INSIDE)) {
  test(`${name}, as the network passes nothing on`, async t => {
    const { url, way, db } = await setUp(t)
    await warm(db, TIMES)
    let begun = 0
    const all = gate()
    const silent = async () => {
      begun++
      if (begun === TIMES) {
        await way.drop()
        all.open()
      }
      await all.passed
    }
    await Promise.all(Array.from({ length: TIMES }, () => late(() => run(db, silent), { mayHaveCommitted: may })))
    await way.cut()
    assert.equal(await db.users.count(), 0)
    assert.deepEqual(await query(url, 'SELECT email FROM users'), [])
  })
}

test('a server process that is stopped: each call in time, and nothing is left of them when it goes on', {
  skip: process.platform === 'win32',
}, async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  await initDb({ models, url })
  const db = opened(t, url, { pool: { size: TIMES } })
  await warm(db, TIMES)
  const wake = freeze(server)
  try {
    await Promise.all(
      Object.values(CALLS).flatMap(({ call, may }) =>
        Array.from({ length: TIMES / 4 }, (_, i) => late(() => call(db, i), { mayHaveCommitted: may || /false/ })),
      ),
    )
    await Promise.all(Array.from({ length: TIMES }, (_, i) => late(() => CALLS['a write'].call(db, i), {})))
    const health = performance.now()
    assert.equal((await db.health({ timeoutMs: LIMIT })).code, 'TIMEOUT')
    answered(performance.now() - health)
  } finally {
    wake()
  }
  // A row of an unclear commit may exist now; a row of a failed one does not.
  const rows = await query(url, 'SELECT email FROM users')
  assert.ok(
    rows.every(({ email }) => /^(silent|many|more)/.test(email)),
    JSON.stringify(rows),
  )
  // Those of the pool, and the one of health.
  await settles(url, TIMES + 1)
  assert.equal((await db.users.create({ email: 'after' })).email, 'after')
  await db.close()
  await settles(url, 0)
})

test('while connecting: a server that accepts and never answers', async t => {
  const { way, db } = await setUp(t)
  await way.drop()
  const calls = Object.values(CALLS)
  const started = Array.from({ length: TIMES }, (_, i) =>
    late(() => calls[i % calls.length].call(db, i), { mayHaveCommitted: false }),
  )
  await Promise.all(started)
  await fails(() => db.users.count({ signal: AbortSignal.timeout(LIMIT) }), { code: 'ABORTED' })
  await way.cut()
  // An attempt to connect that began in the silence ends with it: what waits for it may be tried again.
  const count = () => db.users.count().catch(error => (error.retryable ? sleep(50).then(count) : Promise.reject(error)))
  assert.equal(await count(), 0)
})

test('a connection that is never made is HOST_UNREACHABLE, which is retryable', async t => {
  const { way } = await setUp(t)
  await way.drop()
  const db = opened(t, `${way.url}?connect_timeout=1`)
  await fails(() => db.users.count(), { code: 'HOST_UNREACHABLE', retryable: true })
  await fails(async () => db.sync.users.count(), { code: 'HOST_UNREACHABLE', retryable: true })
})

test('while queued: behind a call that waits without a limit', async t => {
  const { way, db } = await setUp(t, { pool: { size: 1 } })
  await db.users.count()
  await way.drop()
  const held = db.transaction(tx => tx.users.count()).catch(error => error)
  await sleep(50)
  const calls = Object.values(CALLS)
  await Promise.all(
    Array.from({ length: TIMES }, (_, i) =>
      late(() => calls[i % calls.length].call(db, i), { mayHaveCommitted: false }),
    ),
  )
  await way.cut()
  assert.ok((await held) === 0 || (await held).code === 'CONNECTION_LOST')
})

test('an abort signal', async t => {
  const { way, db } = await setUp(t)
  await warm(db, TIMES)
  await way.drop()
  await Promise.all(
    Array.from({ length: TIMES }, async (_, i) => {
      const began = performance.now()
      const signal = AbortSignal.timeout(LIMIT)
      await fails(() => db.users.create({ email: `signal ${i}` }, { signal }), {
        code: 'ABORTED',
        mayHaveCommitted: true,
      })
      const ms = performance.now() - began
      answered(ms)
    }),
  )
})

test('drift() within its timeout', async t => {
  const { way } = await setUp(t)
  await way.drop()
  const call = () => drift({ models, url: way.url, rows: true, timeout: LIMIT })
  await Promise.all(Array.from({ length: 2 }, () => late(call, {})))
  await way.cut()
})

test('close() ends, whatever is under way', async t => {
  for (const timeout of [0, 300]) {
    const { way, db } = await setUp(t)
    await warm(db, 4)
    const session = db.session()
    await session.users.create({ email: 'never' })
    await way.drop()
    const calls = [
      [db.users.count(), false],
      [db.users.create({ email: 'open' }), true],
      [db.transaction(tx => tx.users.count()), false],
      [session.commit(), true],
    ].map(([call, may]) => fails(() => call, { mayHaveCommitted: may }))
    await sleep(50)
    const began = performance.now()
    await db.close({ timeout })
    const ms = performance.now() - began
    assert.ok(ms < timeout + 2000, `closed after ${Math.round(ms)} ms`)
    await Promise.all(calls)
    await way.cut()
  }
})

test('close() of a handle that only connects, or only has idle connections', async t => {
  const { way, db } = await setUp(t)
  await warm(db, 4)
  db.sync.users.count()
  const other = opened(t, way.url)
  await way.drop()
  const call = fails(() => other.users.count(), {})
  await sleep(50)
  const began = performance.now()
  await Promise.all([db.close({ timeout: 200 }), other.close({ timeout: 200 })])
  assert.ok(performance.now() - began < 2200)
  await call
})

test('threads and sockets end with the calls that were given up', { skip: process.platform !== 'linux' }, async t => {
  const { way, db } = await setUp(t, { pool: { size: 4 } })
  await warm(db, 4)
  const count = () => [readdirSync('/proc/self/task').length, readdirSync('/proc/self/fd').length]
  const [threads, files] = count()
  for (let round = 0; round < 5; round++) {
    await way.drop()
    await Promise.all(Array.from({ length: 4 }, () => late(() => db.users.count({ timeout: 50 }), {}, 50)))
    await way.cut()
    await warm(db, 4)
  }
  await sleep(2500)
  const [threadsAfter, filesAfter] = count()
  assert.ok(threadsAfter <= threads + 1 && filesAfter <= files + 4, `${[threads, files]} -> ${count()}`)
})

test('most answers come in time', t => mostInTime(t, 300))
