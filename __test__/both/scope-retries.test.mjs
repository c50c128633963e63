// db.scope(fn, { retries }): when its function is run again, in what, within which limit, and when it is not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { add, c, expressScope, fetchScope, model, PlinthError, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const models = schema({
  counters: model('counters', { id: c.id(), n: c.integer().default(0), version: c.integer().version() }),
  plain: model('plain', { id: c.id(), n: c.integer().default(0) }),
})
const passing = () => new PlinthError('DEADLOCK', 'It passes.', { retryable: true })
const INCREMENTS = 30

test('a scope runs again from its beginning, each time in a new session', async t => {
  const db = await database(t, models)
  const seen = new Set()
  let runs = 0
  const result = await db.scope(
    async session => {
      seen.add(session)
      assert.equal(db.current(), session)
      await session.plain.create({ n: ++runs })
      assert.equal(await session.plain.count(), 1, 'the rows of the run before are gone')
      if (runs < 4) throw passing()
      return runs
    },
    { retries: 3 },
  )
  assert.deepEqual([result, runs, seen.size], [4, 4, 4])
  assert.deepEqual(await db.plain.list({ select: ['n'] }), [{ n: 4 }])
})

test('a scope is tried so often and no more, and only for what passes', async t => {
  const db = await database(t, models)
  const runsOf = async (error, options) => {
    let runs = 0
    const work = async session => {
      runs++
      await session.plain.create({})
      throw error
    }
    await assert.rejects(db.scope(work, options), thrown => thrown === error)
    return runs
  }
  assert.equal(await runsOf(passing()), 1)
  assert.equal(await runsOf(passing(), { retries: 0 }), 1)
  assert.equal(await runsOf(passing(), { retries: 2 }), 3)
  assert.equal(await runsOf(new Error('mine', { cause: passing() }), { retries: 2 }), 3)
  assert.equal(await runsOf(new Error('mine'), { retries: 2 }), 1)
  assert.equal(
    await runsOf(new PlinthError('DEADLOCK', '?', { retryable: true, mayHaveCommitted: true }), { retries: 2 }),
    1,
  )
  assert.equal(await db.plain.count(), 0)
})

for (const [how, options, increment] of [
  [
    'a version',
    {},
    async session => {
      const row = await session.counters.get(1)
      await session.counters.update(row, { n: row.n + 1 })
    },
  ],
  [
    'a version, in a savepoint',
    {},
    session =>
      session.transaction(async tx => {
        const row = await tx.counters.get(1)
        await tx.counters.update(row, { n: row.n + 1 })
      }),
  ],
  [
    'serializable',
    { isolation: 'serializable' },
    async session => {
      const { n } = await session.counters.get(1)
      await session.counters.update(1, { n: n + 1 }, { version: 'any' })
    },
  ],
]) {
  test(`${INCREMENTS} scopes with retries make ${INCREMENTS} by ${how}`, async t => {
    const db = await database(t, models)
    await db.counters.create({})
    await Promise.all(Array.from({ length: INCREMENTS }, () => db.scope(increment, { ...options, retries: 1000 })))
    assert.equal((await db.counters.get(1)).n, INCREMENTS)
  })
}

test('a scope is run again for a stale row only if it has read that row itself', async t => {
  const db = await database(t, models)
  const stale = await db.counters.create({})
  await db.counters.update(stale, { n: 1 })
  const runsOf = async read => {
    let runs = 0
    const work = async session => {
      runs++
      await read(session)
      await session.counters.update(stale, { n: 2 })
    }
    await fails(() => db.scope(work, { retries: 2 }), { code: 'STALE_ROW' })
    return runs
  }
  assert.equal(await runsOf(session => session.counters.get(stale.id)), 3)
  assert.equal(await runsOf(() => db.current().counters.list()), 3)
  assert.equal(await runsOf(session => session.with({ timeout: 60_000 }).counters.find()), 3)
  assert.equal(await runsOf(session => session.transaction(tx => tx.counters.get(stale.id))), 3)
  assert.equal(await runsOf(async () => {}), 1)
  assert.equal(await runsOf(session => session.plain.list()), 1)
})

test('a scope that has committed a part is not run again; one that has rolled back is', async t => {
  const db = await database(t, models)
  await db.plain.create({})
  for (const [end, expected] of [
    ['commit', 1],
    ['rollback', 3],
  ]) {
    let runs = 0
    const work = async session => {
      runs++
      await session.plain.update(1, { n: add(1) })
      await session[end]()
      throw passing()
    }
    await fails(() => db.scope(work, { retries: 2 }), { code: 'DEADLOCK' })
    assert.equal(runs, expected, end)
  }
  assert.equal((await db.plain.get(1)).n, 1)
})

test('the limit of a scope is that of all its runs', async t => {
  const db = await database(t, models)
  let runs = 0
  const began = performance.now()
  const work = async session => {
    runs++
    await session.plain.create({})
    await sleep(20)
    throw passing()
  }
  await fails(() => db.scope(work, { retries: 1e6, timeout: 500 }), { code: 'TIMEOUT' })
  const ms = performance.now() - began
  assert.ok(runs > 1 && ms >= 490 && ms < 3000, `${runs} runs in ${Math.round(ms)} ms`)
  const signal = AbortSignal.timeout(300)
  await fails(() => db.scope(work, { retries: 1e6, signal }), { code: 'ABORTED' })
  const before = runs
  await sleep(200)
  assert.equal(runs, before, 'it is not run any more')
  assert.equal(await db.plain.count(), 0)
  await db.scope(session => session.plain.create({}))
})

test('a scope that idles for too long is not run again', async t => {
  const db = await database(t, models)
  let runs = 0
  const work = async session => {
    runs++
    await session.plain.create({})
    await sleep(5000, undefined, { ref: false })
  }
  await fails(() => db.scope(work, { retries: 3, idleTimeout: 50 }), { code: 'TIMEOUT' })
  assert.equal(runs, 1)
})

test('calls after a scope wait for the run that they were begun in', async t => {
  const db = await database(t, models)
  const after = []
  let runs = 0
  await db.scope(
    async session => {
      const run = ++runs
      await session.plain.create({ n: run })
      after.push(db.afterScope(() => db.plain.list({ select: ['n'] })).then(rows => [run, rows.length]))
      if (run < 2) throw passing()
    },
    { retries: 3 },
  )
  const [[first, none], [second, one]] = await Promise.all(after)
  assert.deepEqual([first, second, one], [1, 2, 1])
  assert.ok(none <= 1)
})

test('sessions and the scopes of requests have no retries', async t => {
  const db = await database(t, models)
  await fails(async () => db.session({ retries: 1 }), { code: 'UNKNOWN_OPTION', message: /retries/ })
  await fails(async () => expressScope(db, { retries: 1 }), { code: 'UNKNOWN_OPTION', message: /retries/ })
  await fails(async () => fetchScope(db, async () => new Response(), { retries: 1 }), {
    code: 'UNKNOWN_OPTION',
    message: /retries/,
  })
  for (const retries of [-1, 0.5, '1', null, Number.NaN])
    await fails(() => db.scope(async () => {}, { retries }), { code: 'QUERY_INVALID', message: /retries/ })
})
