// Revisions in steps: which run so, what they record, and how a half-done one goes on or back.
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, drift, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { holding } from '../support/lock-holders.mjs'
import { workshop } from '../support/migrations.mjs'
import {
  after,
  before,
  isAfter,
  isBefore,
  nothingLeft,
  place,
  putOnline,
  STEPS,
  stopped,
  withGate,
  withScript,
} from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const online = { online: true }

test('a revision runs in steps there and back, and the log says which file ran', async t => {
  const shop = await place(t)
  const progress = []
  const { applied } = await shop.upgrade('head', { ...online, onProgress: step => progress.push(step) })
  assert.deepEqual([applied.length, applied[0].online, applied[0].steps], [1, true, STEPS.up])
  assert.deepEqual([...new Set(progress.map(({ statement }) => statement))], [1, 2, 3, 4, 5, 6, 7, 8])
  assert.equal(progress.findLast(({ statement }) => statement === 2).rows, 1000)
  await isAfter(shop)
  const { reverted } = await shop.downgrade('-1', online)
  assert.deepEqual([reverted[0].online, reverted[0].steps], [true, STEPS.down])
  await isBefore(shop)
  const { log } = await shop.history()
  assert.deepEqual(
    log.map(({ direction, script }) => [direction, script]),
    [
      ['up', undefined],
      ['up', 'up.postgres.online.sql'],
      ['down', 'down.postgres.online.sql'],
    ],
  )
  await shop.upgrade('head', { online: false })
  await isAfter(shop)
})

test('a revision may begin with a step outside a transaction, and goes on if that fails', async t => {
  const shop = await workshop(t)
  const users = extras => schema({ users: model('users', { id: c.id(), email: c.text() }, extras) })
  await shop.write(users(), 'first')
  await shop.upgrade()
  await query(shop.url, `INSERT INTO users (email) SELECT 'User ' || n % 49 FROM generate_series(1, 50) n`)
  const { revisions } = await shop.write(
    users(t => [unique(t.email)]),
    'second',
  )
  const refused = { code: 'ROWS_REFUSED', message: /^Step 1 of 2 .*: id 1, 50\.$/ }
  await fails(() => shop.upgrade('head', online), refused)
  assert.equal((await shop.status()).unfinished.step, 0)
  await query(shop.url, `UPDATE users SET email = 'mended' WHERE id = 50`)
  const { applied } = await shop.upgrade()
  assert.deepEqual([applied[0].version, applied[0].online, applied[0].steps], [revisions[0].version, true, 2])
  await nothingLeft(shop.url)
})

test('without a decision the size of the tables decides, and a revision without such a script runs as one transaction', async t => {
  const shop = await place(t, { rows: 10 })
  assert.equal((await shop.upgrade()).applied[0].online, undefined)
  await shop.downgrade()
  await query(shop.url, `ALTER TABLE users ALTER notes SET STORAGE EXTERNAL`)
  await query(shop.url, `INSERT INTO users (email, notes) VALUES ('large', repeat('x', 34000000))`)
  assert.equal((await shop.upgrade('head', { online: false })).applied[0].online, undefined)
  await shop.downgrade('-1', { online: false })
  assert.equal((await shop.upgrade()).applied[0].online, true)
  await isAfter(shop)
})

/** A place whose upgrade waits after its first step, and the function that lets it go on. */
async function gated(t, rows) {
  const shop = await place(t, { scripts: withGate(), rows })
  const { end } = await holding(t, shop.url, 'SELECT pg_advisory_xact_lock(4711)')
  const isWaiting = async () => (await shop.status()).unfinished?.step === 1
  return { ...shop, isWaiting, letGo: end }
}

test('rows that others keep locked are left out at first, and waited for at last', async t => {
  const shop = await gated(t, 50)
  const waits = []
  const upgrading = shop.upgrade('head', { ...online, onWait: wait => waits.push(wait) })
  while (!(await shop.isWaiting())) await sleep(20)
  const { pid, end } = await holding(t, shop.url, 'SELECT * FROM users WHERE id IN (7, 8) FOR UPDATE')
  await shop.letGo()
  const isTold = () => waits.some(({ holder }) => holder?.startsWith(`the session ${pid} `))
  while (!isTold()) await sleep(20)
  const [{ filled }] = await query(shop.url, 'SELECT count(slug)::int AS filled FROM users')
  assert.equal(filled, 48)
  await end()
  await upgrading
  await isAfter(shop)
})

test('a row that stays locked ends the upgrade, and a later one goes on', async t => {
  const shop = await gated(t, 50)
  const migrations = { folder: shop.migrations, lockWaitMs: 300 }
  const busy = fails(() => shop.upgrade('head', { ...online, migrations }), {
    code: 'BUSY',
    message: /^Step 3 of 9 .*The call was tried \d+ times .*: the lock is held by the session/,
    hint: /`plinth upgrade` goes on with it/,
  })
  while (!(await shop.isWaiting())) await sleep(20)
  const { end } = await holding(t, shop.url, 'SELECT * FROM users WHERE id IN (7, 8) FOR UPDATE')
  await shop.letGo()
  await busy
  await end()
  await shop.upgrade()
  await isAfter(shop)
})

for (const isChecked of [true, false])
  test(`an expression that gives NULL stops at once with the keys of the rows, ${isChecked ? 'by a check' : 'without a check'}`, async t => {
    const scripts = withScript('up', `SET "slug" = lower("email")`, `SET "slug" = lower(nullif("email", 'User 7'))`)
    // The trigger fills rows with the same expression.
    scripts.up = scripts.up.replace('lower(NEW."email")', `lower(nullif(NEW."email", 'User 7'))`)
    const check =
      'ALTER TABLE "users" ADD CONSTRAINT "plinth_not_null_users_slug" CHECK ("slug" IS NOT NULL) NOT VALID;'
    const validate = 'ALTER TABLE "users" VALIDATE CONSTRAINT "plinth_not_null_users_slug"'
    if (!isChecked) scripts.up = scripts.up.replace(check, '').replace(validate, `${check}\n${validate}`)
    const backfill = `lower(nullif(email, 'User 7'))`
    const shop = await place(t, { scripts, backfill, rows: 50 })
    await fails(() => shop.upgrade('head', online), {
      code: 'ROWS_REFUSED',
      table: 'users',
      columns: ['slug'],
      message:
        /^Step 2 of 8 of .*up\.postgres\.online\.sql cannot go on: One row of users has NULL .*users\.slug.*: id 7\.$/,
      hint: /`plinth upgrade` goes on with it, `plinth downgrade` takes it back/,
    })
    const { unfinished, pending } = await shop.status()
    assert.deepEqual(unfinished, { version: shop.version, direction: 'up', step: 1, steps: 8 })
    assert.equal(pending.length, 1)
    const { revisions } = await shop.history()
    assert.deepEqual(revisions.at(-1).unfinished, unfinished)
    await query(shop.url, `UPDATE users SET slug = lower(email) WHERE id = 7`)
    await shop.upgrade()
    await isAfter(shop)
  })

test('alike rows under a new unique leave no index behind: mended, the upgrade goes on', async t => {
  const shop = await stopped(t)
  await query(shop.url, `UPDATE users SET email = 'mended ' || id, slug = 'mended ' || id WHERE id IN (3, 5)`)
  const { applied } = await shop.upgrade()
  assert.deepEqual([applied[0].version, applied[0].online], [shop.version, true])
  await isAfter(shop)
})

test('a half-done revision is taken back, with a line in the log', async t => {
  const shop = await stopped(t)
  await query(shop.url, `INSERT INTO users (email) VALUES ('meanwhile')`)
  const { reverted, current } = await shop.downgrade()
  assert.deepEqual([reverted[0].version, reverted[0].takenBack, reverted[0].steps], [shop.version, true, 3])
  assert.notEqual(current, shop.version)
  await isBefore(shop)
  const { log } = await shop.history()
  assert.deepEqual([log.at(-1).direction, log.at(-1).script], ['down', 'up.postgres.online.sql'])
  const [{ rows }] = await query(shop.url, 'SELECT count(*)::int AS rows FROM users')
  assert.equal(rows, 51)
  await query(shop.url, `UPDATE users SET email = 'mended ' || id WHERE id IN (3, 5)`)
  await shop.upgrade('head', online)
  await isAfter(shop)
})

test('while a revision is half done all else is refused, and a start of its release goes on with it', async t => {
  const shop = await stopped(t)
  const refused = { code: 'REVISION_UNFINISHED', message: new RegExp(shop.version) }
  await fails(() => shop.stamp('head'), refused)
  await fails(() => shop.upgrade('current'), refused)
  await fails(() => shop.downgrade('current'), refused)
  await fails(() => shop.upgrade('head', { sql: true }), refused)
  const report = await drift({ models: before, url: shop.url, cwd: shop.cwd, migrations: shop.migrations })
  assert.deepEqual([report.unfinished, report.differences], [shop.version, []])
  await query(shop.url, `UPDATE users SET email = 'mended ' || id, slug = 'mended ' || id WHERE id IN (3, 5)`)
  const { migrated } = await shop.init(after)
  assert.deepEqual([migrated[0].version, migrated[0].online], [shop.version, true])
  await isAfter(shop)
})

test('another script than the one that began is refused until it is restored', async t => {
  const shop = await stopped(t)
  putOnline(shop.folder, withScript('up', '-- By hand.', '-- By another hand.'))
  const refused = { code: 'REVISION_UNFINISHED', message: /up\.postgres\.online\.sql is not the script that began/ }
  await fails(() => shop.upgrade(), refused)
  await fails(() => shop.downgrade(), refused)
  assert.equal((await shop.status()).problems[0].code, 'REVISION_UNFINISHED')
  putOnline(shop.folder)
  await shop.downgrade()
  await isBefore(shop)
})

test('a step that cannot be undone keeps a half-done revision from being taken back', async t => {
  const whole = withScript('up', '-- plinth: nothing to undo\n\n-- plinth: step 3', '\n-- plinth: step 3')
  const shop = await place(t, { scripts: whole, rows: 50 })
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id = 3`)
  await fails(() => shop.upgrade('head', online), { code: 'ROWS_REFUSED' })
  await fails(() => shop.downgrade(), { code: 'REVISION_UNFINISHED', message: /^Step 2 of .* cannot be undone/ })
  await query(shop.url, `UPDATE users SET email = 'mended', slug = 'mended' WHERE id = 3`)
  await shop.upgrade()
  await isAfter(shop)
})

test('a half-done down goes on, or an upgrade takes it back', async t => {
  const stray = withScript('down', 'ALTER TABLE "users" DROP COLUMN "plan";', 'SELECT 1 / count(*) FROM gate;')
  stray.down = stray.down.replace('SELECT 1', 'ALTER TABLE "users" DROP COLUMN "plan";\nSELECT 1')
  const shop = await place(t, { scripts: stray, rows: 50 })
  await query(shop.url, 'CREATE TABLE gate (id integer)')
  await shop.upgrade('head', online)
  const stops = () => fails(() => shop.downgrade('-1', online), { code: 'REVISION_FAILED', message: /^Step 3 of 3 / })
  await stops()
  assert.deepEqual((await shop.status()).unfinished, { version: shop.version, direction: 'down', step: 2, steps: 3 })
  const { applied } = await shop.upgrade()
  assert.deepEqual([applied[0].version, applied[0].takenBack, applied[0].steps], [shop.version, true, 2])
  await isAfter(shop)
  assert.equal((await shop.history()).revisions.at(-1).edited, undefined)
  await stops()
  await query(shop.url, 'INSERT INTO gate VALUES (1)')
  await shop.downgrade()
  await isBefore(shop)
})

test('a release that does not know the half-done revision starts beside it', async t => {
  const shop = await stopped(t)
  const older = await workshop(t, { url: shop.url })
  cpSync(shop.migrations, older.migrations, { recursive: true })
  rmSync(join(older.migrations, basename(shop.folder)), { recursive: true })
  const { ahead, migrated } = await older.init(before)
  assert.deepEqual([ahead, migrated], [[shop.version], []])
  for (const verb of ['upgrade', 'downgrade']) await fails(() => older[verb](), { code: 'REVISION_UNFINISHED' })
})

test('rows that point nowhere are named, and the upgrade goes on when they are corrected', async t => {
  // It stops before the key is made, for which such a row could not be written.
  const shop = await place(t, { rows: 50 })
  await query(shop.url, `UPDATE users SET email = 'USER 8' WHERE id = 3`)
  await fails(() => shop.upgrade('head', online), { code: 'ROWS_REFUSED', constraint: 'users_slug_key' })
  await query(shop.url, `UPDATE users SET email = 'three', slug = 'three', team_id = 99 WHERE id = 3`)
  await fails(() => shop.upgrade(), {
    code: 'ROWS_REFUSED',
    columns: ['team_id'],
    constraint: 'users_team_id_fkey',
    message: /^Step 7 of 8 .* One row of users has users\.team_id values without a row in teams: id 3\.$/,
  })
  await query(shop.url, 'UPDATE users SET team_id = 1 WHERE id = 3')
  await shop.upgrade()
  await isAfter(shop)
})
