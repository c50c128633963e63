// Revisions in steps while the previous release writes: it never waits for long, no row is lost or wrong, also when the upgrade is killed.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../support/engine.mjs'
import { nothingLeft, place } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { entryPath } from '../support/project.mjs'
import { startWriters } from '../support/writers.mjs'

/** How many processes are killed: PLINTH_TEST_KILLS=50 for a long run. */
const KILLS = Number(process.env.PLINTH_TEST_KILLS || 4)
const ROWS = KILLS > 10 ? 50_000 : 20_000
const online = { online: true }

/** Checks the rows of the new models; the writers change texts after their rows were filled. */
async function isFilled(url) {
  const [{ rows, missing, wrong }] = await query(
    url,
    `SELECT count(*)::int AS rows, count(*) FILTER (WHERE slug IS NULL OR plan IS DISTINCT FROM 'free')::int AS missing,
       count(*) FILTER (WHERE email LIKE 'User%' AND slug <> lower(email))::int AS wrong FROM users`,
  )
  assert.deepEqual([missing, wrong], [0, 0])
  assert.ok(rows >= ROWS)
}

/** Checks that the database is whole: at one revision or the other, and nothing of the steps is left. */
async function isWhole(shop) {
  await nothingLeft(shop.url)
  const { current, problems, unfinished, drift } = await shop.status()
  assert.deepEqual([problems, unfinished, Object.values(drift).filter(Boolean)], [[], null, []])
  if (current === shop.version) await isFilled(shop.url)
  return current === shop.version
}

const running = (shop, verb) => `
const plinth = require(${JSON.stringify(entryPath)})
console.log('begins')
plinth.${verb}({ url, migrations: ${JSON.stringify(shop.migrations)}, online: true }).then(
  report => console.log(JSON.stringify(report)),
  error => { console.error(error.code, error.message); process.exitCode = 2 },
)`

/** Runs a verb in a process of its own, to its end; gives how long it took from its beginning. */
async function timed(shop, verb) {
  const whole = start(shop.url, running(shop, verb))
  await whole.printed('begins')
  const began = performance.now()
  const { code, stderr } = await whole.ended
  assert.deepEqual([code, stderr], [0, ''])
  return performance.now() - began
}

/** The scripts that `revision` writes, and others, which lead back in steps, too. */
const SCRIPTS = { 'as written': null, 'by hand': undefined }

for (const [scripts, given] of Object.entries(SCRIPTS)) {
  test(`eight writers of the previous release beside a revision there and back, ${scripts}: all of their rows are as they were acknowledged`, async t => {
    const shop = await place(t, { rows: ROWS, scripts: given })
    const writers = await startWriters(t, shop.url)
    await shop.upgrade('head', online)
    assert.equal(await isWhole(shop), true)
    await shop.downgrade('-1', online)
    assert.equal(await isWhole(shop), false)
    await shop.upgrade('head', online)
    const writes = await writers.stop()
    t.diagnostic(`${writes} writes`)
    assert.ok(writes > 100)
    assert.equal(await isWhole(shop), true)
    await writers.check()
  })

  const killed = `upgrades and downgrades beside writers that are killed ${KILLS} times go on or back, ${scripts}, and leave nothing behind`
  test(killed, { timeout: 120_000 + KILLS * 20_000 }, async t => {
    const shop = await place(t, { rows: ROWS, scripts: given })
    const writers = await startWriters(t, shop.url)
    const took = { upgrade: await timed(shop, 'upgrade'), downgrade: await timed(shop, 'downgrade') }
    const seen = []
    let isNew = false
    for (let kill = 0; kill < KILLS; kill++) {
      const verb = isNew ? 'downgrade' : 'upgrade'
      const { child, ended, printed } = start(shop.url, running(shop, verb))
      await printed('begins')
      await sleep(Math.random() * took[verb])
      child.kill('SIGKILL')
      await ended
      const { unfinished } = await shop.status()
      if (unfinished) {
        const { direction, step } = unfinished
        const back = kill % 2 === 0
        seen.push(`${direction} ${step} ${back ? 'back' : 'on'}`)
        const goesUp = (direction === 'up') !== back
        await (goesUp ? shop.upgrade() : shop.downgrade())
        assert.equal(await isWhole(shop), goesUp)
      }
      isNew = await isWhole(shop)
    }
    await writers.stop()
    await writers.check()
    t.diagnostic(`half-way ${seen.length} times: ${seen.toSorted().join(', ')}`)
  })
}
