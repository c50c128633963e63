// A server that goes down under load: connections are replaced, and every promise tells the truth.
// A row whose write resolved exists, one whose error excludes a commit does not, and one under way
// has an error that it may have been committed.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { models, opened, program } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'

/** The errors that a call may have while its server goes away or comes back. */
const CODES = ['CONNECTION_LOST', 'CONNECTION_REFUSED', 'SERVER_UNAVAILABLE', 'POOL_TIMEOUT']

/** The promises of a run against the existing rows: the emails of those that lied. */
function lies(outcomes, there) {
  const wrong = []
  for (const [email, outcome] of outcomes) {
    if (outcome === 'done' && !there.has(email)) wrong.push(`${email} resolved and does not exist`)
    if (outcome === 'not' && there.has(email)) wrong.push(`${email} was not committed and is there`)
  }
  for (const email of there) if (!outcomes.has(email)) wrong.push(`${email} exists and was not made by a call`)
  return wrong
}

/** Runs calls by many callers until they are stopped; each call is made once, with any result. */
function load(callers, work) {
  const outcomes = new Map()
  const codes = new Map()
  let next = 0
  let going = true
  const caller = async () => {
    while (going) {
      const email = `user-${next++}`
      try {
        await work(email)
        outcomes.set(email, 'done')
      } catch (error) {
        if (!CODES.includes(error.code)) throw error
        const { code, mayHaveCommitted } = error
        codes.set(`${code} ${mayHaveCommitted}`, (codes.get(`${code} ${mayHaveCommitted}`) ?? 0) + 1)
        outcomes.set(email, mayHaveCommitted ? 'maybe' : 'not')
        await sleep(2)
      }
    }
  }
  const all = Promise.all(Array.from({ length: callers }, caller))
  return {
    outcomes,
    codes,
    async stop() {
      going = false
      const late = sleep(60_000, null, { ref: false }).then(() => assert.fail('calls that are never answered'))
      await Promise.race([all, late])
    },
  }
}

const emailsOf = async url => new Set((await query(url, 'SELECT email FROM users')).map(row => row.email))

const ways = {
  'creates by themselves': (db, email) => db.users.create({ email }),
  'creates in transactions': (db, email) => db.transaction(tx => tx.users.create({ email })),
  'creates of many rows': (db, email) => db.users.createMany([{ email, name: 'x' }]),
  'creates in sessions': async (db, email) => {
    const session = db.session()
    try {
      await session.users.create({ email })
      await session.commit()
    } finally {
      await session.close()
    }
  },
}

for (const [name, work] of Object.entries(ways)) {
  for (const [how, signal] of [
    ['stopped', 'SIGINT'],
    ['crashed', 'SIGQUIT'],
  ]) {
    test(`${name} while the server is ${how} and started, three times`, async t => {
      const server = await ownServer(t)
      const url = server.url('app')
      await initDb({ models, url })
      const db = opened(t, url)
      const run = load(64, email => work(db, email))
      for (let round = 0; round < 3; round++) {
        await sleep(300)
        await server.stop(signal)
        await sleep(100)
        await server.start()
      }
      await sleep(300)
      await run.stop()
      const there = await emailsOf(url)
      assert.deepEqual(lies(run.outcomes, there), [])
      t.diagnostic(
        `${run.outcomes.size} calls, ${there.size} rows; ${[...run.codes].map(one => one.join(': ')).join(', ')}`,
      )
      assert.ok(there.size > 100)
      await db.users.create({ email: 'after' })
      assert.equal(db.sync.users.count(), there.size + 1)
    })
  }
}

test('what was under way says whether it may have been committed', async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  await initDb({ models, url })
  const db = opened(t, url)
  await db.users.create({ email: 'a' })
  const read = db.sql`SELECT pg_sleep(30)`.catch(error => error)
  const write = db.sql`INSERT INTO users (email) SELECT 'slow' FROM pg_sleep(30)`.catch(error => error)
  const inside = db
    .transaction(async tx => {
      await tx.users.create({ email: 'b' })
      await tx.sql`SELECT pg_sleep(30)`
    })
    .catch(error => error)
  const session = db.session()
  await session.users.create({ email: 'c' })
  await sleep(200)
  await server.stop('SIGQUIT')
  for (const [error, may] of [
    [await write, true],
    [await inside, false],
  ])
    assert.deepEqual(
      [error.code, error.mayHaveCommitted, error.retryable],
      ['CONNECTION_LOST', may, !may],
      error.message,
    )
  assert.equal((await read).code, 'CONNECTION_LOST')
  await fails(() => session.users.create({ email: 'd' }), { code: 'CONNECTION_LOST', mayHaveCommitted: false })
  await fails(() => session.commit(), { code: /CONNECTION_LOST|SESSION_/ })
  await session.close()
  await fails(() => db.users.count(), { code: /CONNECTION_REFUSED|SERVER_UNAVAILABLE/, retryable: true })
  assert.equal((await db.health()).status, 'down')
  await server.start()
  assert.equal((await db.health()).status, 'ok')
  assert.deepEqual(await emailsOf(url), new Set(['a']))
})

test('a transaction with retries outlives a restart', async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  await initDb({ models, url })
  const db = opened(t, url)
  let runs = 0
  const going = db.transaction(
    async tx => {
      runs++
      await tx.users.create({ email: 'once' })
      await sleep(200)
      await tx.users.update((await tx.users.find({})).id, { name: 'done' })
    },
    { retries: 100 },
  )
  await sleep(100)
  await server.stop()
  await sleep(100)
  await server.start()
  await going
  assert.ok(runs > 1)
  assert.deepEqual(
    (await db.users.list()).map(({ email, name }) => [email, name]),
    [['once', 'done']],
  )
})

test('blocking calls go on after a restart', async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  await initDb({ models, url })
  const db = opened(t, url)
  db.sync.users.create({ email: 'a' })
  await server.stop()
  const error = await fails(async () => db.sync.users.create({ email: 'b' }), { code: /CONNECTION_/ })
  assert.ok(!error.mayHaveCommitted)
  await server.start()
  db.sync.users.create({ email: 'c' })
  assert.deepEqual(await emailsOf(url), new Set(['a', 'c']))
})

const CALLS = 100_000

test('100,000 creates through 64 callers with a restart in the middle: no lie, none lost, none doubled', async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  await initDb({ models, url })
  const going = program(
    url,
    `(async () => {
      const db = open({ models, url })
      const outcomes = new Uint8Array(${CALLS})
      let next = 0
      let again = 0
      let slowest = 0
      const caller = async () => {
        while (next < ${CALLS}) {
          const i = next++
          const called = performance.now()
          // A call that cannot have been committed is made again, as its error says that it may be.
          for (;;) {
            try {
              await db.users.create({ email: 'user-' + i })
              outcomes[i] = 1
              break
            } catch (error) {
              if (error.mayHaveCommitted) { outcomes[i] = 2; break }
              if (!error.retryable) throw error
              again++
              await new Promise(r => setTimeout(r, 5))
            }
          }
          slowest = Math.max(slowest, performance.now() - called)
        }
      }
      const began = performance.now()
      await Promise.all(Array.from({ length: 64 }, caller))
      const seconds = (performance.now() - began) / 1000
      await db.close()
      console.log(JSON.stringify({ seconds, slowest, again, outcomes: Buffer.from(outcomes).toString('base64') }))
    })()`,
    { timeout: 280_000 },
  )
  let restarted
  const half = (async () => {
    for (;;) {
      const [{ n }] = await query(url, 'SELECT count(*)::int AS n FROM users')
      if (n > CALLS / 2) break
      await sleep(100)
    }
    await server.stop()
    await server.start()
    restarted = true
  })()
  const { code, stdout, stderr } = await going
  await half
  assert.deepEqual([code, stderr, restarted], [0, '', true])
  const { seconds, slowest, again, outcomes } = JSON.parse(stdout.trim().split('\n').at(-1))
  const rows = await query(url, 'SELECT email FROM users')
  const there = new Set(rows.map(row => row.email))
  assert.equal(there.size, rows.length)
  const counts = { kept: 0, maybe: 0, lost: 0, unanswered: 0 }
  for (const [i, outcome] of Buffer.from(outcomes, 'base64').entries()) {
    if (outcome === 1 && !there.has(`user-${i}`)) counts.lost++
    if (outcome === 1) counts.kept++
    if (outcome === 2) counts.maybe++
    if (outcome === 0) counts.unanswered++
  }
  t.diagnostic(
    `${seconds.toFixed(1)} s, the slowest call ${Math.round(slowest)} ms, ${again} made again, ${counts.maybe} that may have been committed`,
  )
  assert.deepEqual([counts.lost, counts.unanswered, counts.kept + counts.maybe], [0, 0, CALLS])
  assert.ok(there.size >= counts.kept && there.size <= CALLS && counts.maybe <= 64 * 10)
})
