// A server that falls silent while a blocking call waits: the call is answered soon after its limit.
import assert from 'node:assert/strict'
import { opened } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { LIMIT, lateSync, mostInTime, settles, setUp, TIMES } from '../support/silence.mjs'

/** Blocking calls by name. */
const BLOCKING = {
  'a read': db => db.users.count({ timeout: LIMIT }),
  'a write': db => db.users.create({ email: 'sync' }, { timeout: LIMIT }),
  'a transaction': db => db.transaction(tx => tx.users.create({ email: 'sync tx' }), { timeout: LIMIT }),
  'a stream': db => [...db.users.stream({ timeout: LIMIT })],
}

for (const [name, call] of Object.entries(BLOCKING)) {
  test(`db.sync: ${name}`, async t => {
    const { url, way } = await setUp(t)
    for (let i = 0; i < TIMES / 2; i++) {
      const db = opened(t, way.url, { pool: { size: 2 } })
      // Connected and not connected, in turn.
      if (i % 2 === 0) {
        db.sync.users.count()
        for (const _ of db.sync.users.stream()) assert.fail('a row')
      }
      await way.drop()
      lateSync(() => call(db.sync), i % 2 === 0 ? name === 'a write' : false)
      await way.cut()
      await db.close()
    }
    await settles(url, 0)
    assert.deepEqual(await query(url, 'SELECT email FROM users'), [])
  })
}

test('db.sync: the COMMIT of a transaction', async t => {
  const { way } = await setUp(t)
  const db = opened(t, way.url)
  db.sync.users.count()
  const commit = () =>
    db.sync.transaction(
      tx => {
        tx.users.create({ email: 'sync commit' })
        way.dropNow()
      },
      { timeout: LIMIT },
    )
  lateSync(commit, true)
  await way.cut()
})

test('most answers come in time', t => mostInTime(t, 41))
