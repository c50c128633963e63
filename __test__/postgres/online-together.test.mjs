// Several processes that bring one database up or down in steps at once: one works, the others wait and find it done, or go on.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { holding } from '../support/lock-holders.mjs'
import { versions } from '../support/migrations.mjs'
import { after, before, isAfter, isBefore, place, withGate } from '../support/online.mjs'
import { test } from '../support/postgres-test.mjs'
import { cliPath, environment, write } from '../support/project.mjs'

const online = { online: true }

test('of three upgrades at once one runs the steps, and so of two downgrades', async t => {
  const shop = await place(t, { rows: 5000 })
  const upgrades = await Promise.all([1, 2, 3].map(() => shop.upgrade('head', online)))
  assert.deepEqual(
    upgrades.flatMap(({ applied }) => versions(applied)),
    [shop.version],
  )
  await isAfter(shop)
  const [before] = shop.folders()
  const target = before.slice(0, 14)
  const downgrades = await Promise.all([1, 2].map(() => shop.downgrade(target, online)))
  assert.deepEqual(
    downgrades.flatMap(({ reverted }) => versions(reverted)),
    [shop.version],
  )
  await isBefore(shop)
})

test('an upgrade, a start and a downgrade at once come one after the other', async t => {
  const shop = await place(t, { rows: 5000 })
  const upgrading = shop.upgrade('head', online)
  while ((await shop.status()).unfinished === null) await sleep(10)
  const [, started, down] = await Promise.all([upgrading, shop.init(after), shop.downgrade(shop.version, online)])
  assert.deepEqual([started.migrated, down.reverted], [[], []])
  await isAfter(shop)
})

test('an upgrade that waits goes on with what a killed one has begun', async t => {
  const shop = await place(t, { scripts: withGate(), rows: 500 })
  const { end } = await holding(t, shop.url, 'SELECT pg_advisory_xact_lock(4711)')
  write(shop.cwd, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': before.toJSON() })
  const args = [cliPath, 'upgrade', '--online', '--url', shop.url]
  const killed = spawn(process.execPath, args, { cwd: shop.cwd, env: environment(shop.cwd), stdio: 'ignore' })
  while ((await shop.status()).unfinished?.step !== 1) await sleep(20)
  const waits = []
  const upgrading = shop.upgrade('head', { onWait: wait => waits.push(wait) })
  while (waits.length === 0) await sleep(20)
  killed.kill('SIGKILL')
  await end()
  const { applied } = await upgrading
  assert.deepEqual([applied[0].version, applied[0].online, applied[0].steps], [shop.version, true, 9])
  await isAfter(shop)
})
