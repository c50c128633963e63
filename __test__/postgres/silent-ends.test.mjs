// A server that falls silent when something ends: rollbacks, savepoints that are undone and streams that are left keep to the limit of
// what they are part of, and leave no transaction behind.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { models, opened } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { relay } from '../support/relay.mjs'

/** The limit of the calls, in milliseconds, and how much later a server that does not answer is given up. */
const LIMIT = 1000
const PATIENCE = 250
/** How much later an answer may come on a machine that is busy with other things. */
const BUSY = 1500
const OWN = new Error('of the function')

/** A handle on some thousand rows, whose way to the server can be made silent. */
async function setUp(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const way = await relay(t, url)
  const db = opened(t, way.url, { pool: { size: 4 } })
  await db.users.createMany(Array.from({ length: 3000 }, (_, n) => ({ email: `${n}` })))
  return { url, way, db }
}

/** Refuses an end that came before the limit, or much later than it. */
function inTime(began) {
  const ms = performance.now() - began
  assert.ok(ms > LIMIT - 5 && ms < LIMIT + PATIENCE + BUSY, `ended after ${Math.round(ms)} ms`)
}

/** Waits until the server has no transaction of the database any more. */
async function rolledBack(url) {
  const sql =
    "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
  for (let turn = 0; turn < 100; turn++) {
    if ((await query(url, sql)).length === 0) return
    await sleep(50)
  }
  assert.fail('a transaction is left')
}

/** Units that end in the silence, and the result: a code, the error of the function, or none. */
const ENDS = {
  'a savepoint that is undone': {
    code: 'TIMEOUT',
    run: (db, silence) =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: 'a' })
          const inner = async savepoint => {
            await savepoint.users.count()
            await silence()
            throw OWN
          }
          await tx.transaction(inner).catch(() => {})
          await tx.users.count()
        },
        { timeout: LIMIT },
      ),
  },
  'a savepoint with a limit of its own': {
    code: 'CONNECTION_LOST',
    run: (db, silence) =>
      db.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        const inner = async savepoint => {
          await savepoint.users.count()
          await silence()
          throw OWN
        }
        await tx.transaction(inner, { timeout: LIMIT }).catch(() => {})
        await tx.users.count()
      }),
  },
  'a transaction whose function throws': {
    error: OWN,
    run: (db, silence) =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: 'a' })
          await silence()
          throw OWN
        },
        { timeout: LIMIT },
      ),
  },
  'a stream that is left in a transaction': {
    code: 'TIMEOUT',
    run: (db, silence) =>
      db.transaction(
        async tx => {
          for await (const _ of tx.users.stream({ batch: 10 })) {
            await silence()
            break
          }
        },
        { timeout: LIMIT },
      ),
  },
  'a stream that is left in a session': {
    code: 'TIMEOUT',
    async run(db, silence) {
      const session = db.session({ timeout: LIMIT })
      await session.users.create({ email: 'a' })
      for await (const _ of session.users.stream({ batch: 10 })) {
        await silence()
        break
      }
      await session.commit()
    },
  },
  'a session that is closed': {
    async run(db, silence) {
      const session = db.session({ timeout: LIMIT })
      await session.users.create({ email: 'a' })
      await silence()
      await session.close()
    },
  },
  'a stream of its own that is left': {
    async run(db, silence) {
      for await (const _ of db.users.stream({ batch: 10, timeout: LIMIT })) {
        await silence()
        break
      }
    },
  },
}

for (const [name, { run, code, error }] of Object.entries(ENDS)) {
  test(`${name} ends within its limit`, async t => {
    const { url, way, db } = await setUp(t)
    const began = performance.now()
    const thrown = await run(db, way.drop).then(
      () => undefined,
      thrown => thrown,
    )
    inTime(began)
    if (error) assert.equal(thrown, error)
    else assert.equal(thrown?.code, code, String(thrown))
    await way.pass()
    await rolledBack(url)
    assert.equal(await db.users.count(), 3000)
  })
}

/** The same for blocking calls. */
const BLOCKING = {
  'a savepoint that is undone': {
    code: 'TIMEOUT',
    run: (db, silence) =>
      db.transaction(
        tx => {
          tx.users.create({ email: 'a' })
          const inner = savepoint => {
            savepoint.users.count()
            silence()
            throw OWN
          }
          assert.throws(() => tx.transaction(inner), OWN)
          tx.users.count()
        },
        { timeout: LIMIT },
      ),
  },
  'a transaction whose function throws': {
    error: OWN,
    run: (db, silence) =>
      db.transaction(
        tx => {
          tx.users.create({ email: 'a' })
          silence()
          throw OWN
        },
        { timeout: LIMIT },
      ),
  },
  'a call in a transaction': {
    code: 'TIMEOUT',
    run: (db, silence) =>
      db.transaction(
        tx => {
          tx.users.create({ email: 'a' })
          silence()
          tx.users.count()
        },
        { timeout: LIMIT },
      ),
  },
  'a stream that is left in a transaction': {
    code: 'TIMEOUT',
    run: (db, silence) =>
      db.transaction(
        tx => {
          for (const _ of tx.users.stream({ batch: 10 })) {
            silence()
            break
          }
        },
        { timeout: LIMIT },
      ),
  },
  'a stream of its own that is left': {
    run(db, silence) {
      for (const _ of db.users.stream({ batch: 10, timeout: LIMIT })) {
        silence()
        break
      }
    },
  },
}

for (const [name, { run, code, error }] of Object.entries(BLOCKING)) {
  test(`db.sync: ${name} ends within its limit, and leaves no transaction`, async t => {
    const { url, way, db } = await setUp(t)
    db.sync.users.count()
    const began = performance.now()
    let thrown
    try {
      run(db.sync, way.dropNow)
    } catch (caught) {
      thrown = caught
    }
    inTime(began)
    if (error) assert.equal(thrown, error)
    else assert.equal(thrown?.code, code, String(thrown))
    await way.pass()
    await rolledBack(url)
    assert.equal(db.sync.users.count(), 3000)
  })
}

test('a scope is not run again after a commit that may have been made, whatever its function does with the error', async t => {
  const { way, db } = await setUp(t)
  const stale = await db.users.update(1, { email: 'x' }, { where: { email: 'none' } }).catch(error => error)
  assert.equal(stale.code, 'STALE_ROW')
  let runs = 0
  const work = async session => {
    runs++
    await session.users.get(1)
    await session.users.create({ email: `scope ${runs}` })
    if (runs > 1) return
    await way.drop()
    const committed = session.commit().catch(error => error)
    await sleep(200)
    await way.cut()
    const error = await committed
    assert.equal(error?.mayHaveCommitted, true)
    // An error for which another attempt would be made.
    throw stale
  }
  await fails(() => db.scope(work, { retries: 2 }), { code: 'STALE_ROW' })
  assert.equal(runs, 1)
})
