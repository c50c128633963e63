// A server whose commits wait for a synchronous replica that does not exist: no call is held beyond its limit, and none says that it has succeeded.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { models, opened } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'

const LIMIT = 400
/** How much later a single answer may come on a machine that is busy with other things. */
const BUSY = 2000
const LATEST = Math.max(1.2 * LIMIT, LIMIT + 250)

/** A server whose commits wait from `wait()` on. */
async function setUp(t, options) {
  const settings = { wal_level: 'replica', max_wal_senders: '5', synchronous_commit: 'on' }
  const server = await ownServer(t, { settings })
  const url = server.url('app')
  await initDb({ models, url })
  const set = async names => {
    const admin = server.url('postgres')
    await query(admin, `ALTER SYSTEM SET synchronous_standby_names = '${names}'`)
    await query(admin, 'SELECT pg_reload_conf()')
    await sleep(200)
  }
  return { url, db: opened(t, url, options), wait: () => set('nobody'), goOn: () => set('') }
}

/** A call that must fail within its limit, and may have been committed. */
async function late(call, emails) {
  const began = performance.now()
  await fails(call, { code: 'TIMEOUT', mayHaveCommitted: true, retryable: false })
  const ms = performance.now() - began
  assert.ok(ms >= LIMIT - 5 && ms <= LATEST + BUSY, `${emails} was answered after ${Math.round(ms)} ms`)
}

test('writes end with their limit, say that they may be committed, and leave no connection waiting', async t => {
  const { url, db, wait } = await setUp(t, { pool: { size: 4 } })
  const first = await db.users.create({ email: 'first' })
  db.sync.users.count()
  await wait()
  const timeout = LIMIT
  const writes = {
    one: () => db.users.create({ email: 'one' }, { timeout }),
    many: () => db.users.createMany([{ email: 'many' }, { email: 'more' }], { timeout }),
    raw: () => db.with({ timeout }).sql`INSERT INTO users (email) VALUES ('raw')`,
    update: () => db.users.update(first.id, { name: 'changed' }, { timeout }),
    transaction: () =>
      db.transaction(
        async tx => {
          await tx.users.create({ email: 'transaction' })
          await tx.users.create({ email: 'second' })
        },
        { timeout },
      ),
    session: async () => {
      const session = db.session({ timeout })
      await session.users.create({ email: 'session' })
      await session.commit()
    },
    blocking: async () => db.sync.users.create({ email: 'blocking' }, { timeout }),
    'blocking transaction': async () => db.sync.transaction(tx => tx.users.create({ email: 'both' }), { timeout }),
  }
  for (const [name, write] of Object.entries(writes)) {
    for (let i = 0; i < 3; i++) {
      await late(write, name)
      await query(url, "SET synchronous_commit = local; DELETE FROM users WHERE email <> 'first'")
    }
  }
  assert.equal(await db.users.count({ timeout }), 1)
  assert.equal((await db.users.get(first.id)).name, 'changed')
  const [{ waiting }] = await query(
    url,
    "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
  )
  assert.equal(waiting, 0)
})

test('what has no limit waits, and succeeds when the replica is not asked for any more', async t => {
  const { db, wait, goOn } = await setUp(t)
  await db.users.create({ email: 'first' })
  await wait()
  let done = false
  const write = db.users.create({ email: 'waits' }).then(user => {
    done = true
    return user
  })
  await sleep(300)
  assert.equal(done, false)
  assert.equal(await db.users.count(), 1)
  await goOn()
  assert.equal((await write).email, 'waits')
})

test('close() ends beside a write that waits', async t => {
  const { db, wait, goOn } = await setUp(t)
  await db.users.create({ email: 'first' })
  await wait()
  const write = fails(() => db.users.create({ email: 'waits' }), { code: 'CLOSED', mayHaveCommitted: true })
  await sleep(50)
  const began = performance.now()
  await db.close({ timeout: 200 })
  assert.ok(performance.now() - began < 2200)
  await write
  await goOn()
})
