// Databases in memory: one connection for all, which a transaction holds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initDb, resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { gate, models, opened, tables } from '../support/engine.mjs'

test('databases in memory are apart from each other, and gone when they are closed', async t => {
  const [one, two] = [await tables(t, 'memory'), await tables(t, 'memory')]
  await one.users.create({ email: 'a' })
  assert.deepEqual([await one.users.count(), await two.users.count()], [1, 0])
  await one.close()
  const again = opened(t, ':memory:')
  await fails(() => again.users.count(), { code: 'SQL_FAILED', hint: /initDb/ })
})

test('any blocking call fails at once while a readOnly transaction holds a database in memory', async t => {
  const db = await tables(t, 'memory')
  const wait = gate()
  const running = db.transaction(
    async tx => {
      await tx.users.count()
      await wait.passed
    },
    { readOnly: true },
  )
  await fails(async () => db.sync.users.count(), { code: 'SYNC_BLOCKED' })
  wait.open()
  await running
  assert.equal(db.sync.users.count(), 0)
})

test('without an answer in time it is down, and ok afterwards', async t => {
  const db = await tables(t, 'memory')
  const wait = gate()
  const holding = db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    await wait.passed
  })
  const { status, error } = await db.health({ timeoutMs: 20 })
  assert.deepEqual([status, error], ['down', 'No answer within 20 ms.'])
  wait.open()
  await holding
  assert.equal((await db.health({ timeoutMs: 1e12 })).status, 'ok')
})

test('a database in memory is made ready by its handle alone: one of its own would be of no use', async () => {
  for (const call of [initDb, resetDb]) {
    await fails(() => call({ models, url: ':memory:' }), { code: 'QUERY_INVALID', hint: /pass the handle/ })
  }
})
