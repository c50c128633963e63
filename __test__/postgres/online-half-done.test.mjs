// Calls while a revision is half done: every one except those that finish it.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  check,
  downgrade,
  drift,
  dropKept,
  healthHandler,
  initDb,
  kept,
  open,
  protect,
  repair,
  resetDb,
  restoreKept,
  SchemaManager,
  stamp,
  surveyDb,
} from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'
import { after, before, isAfter, isBefore, putOnline, stopped } from '../support/online.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { plinth, write } from '../support/project.mjs'

/** The options of a call on a place. */
const at = ({ url, cwd, migrations }, models = before) => ({ url, cwd, migrations, models })

/** The same for an open database, which finds the folder of revisions by itself. */
const openAt = ({ url, cwd }, models = before) => ({ url, cwd, models })

/** The columns of the table that the revision changes. */
const columns = async ({ url }) => {
  const sql = `SELECT attname FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`
  return (await query(url, sql)).map(({ attname }) => attname)
}

/** The folder of the release before, beside the same database. */
async function older(t, shop) {
  const release = await workshop(t, { url: shop.url })
  cpSync(shop.migrations, release.migrations, { recursive: true })
  rmSync(join(release.migrations, basename(shop.folder)), { recursive: true })
  return release
}

test('a repair is refused, and its plan: it would take what the steps have made for extra', async t => {
  const shop = await stopped(t)
  // Not a table of the revision: without it, there would be nothing to do.
  await query(shop.url, 'ALTER TABLE teams ADD COLUMN stray integer')
  const refused = { code: 'REVISION_UNFINISHED', message: new RegExp(`revision ${shop.version} is half done`) }
  const places = [at(shop), at(await older(t, shop))]
  for (const place of places) {
    for (const options of [{ plan: true }, { destructive: true }, { destructive: true, plan: true }, {}])
      await fails(() => repair({ ...place, ...options }), refused)
    const manager = new SchemaManager(openAt(place))
    await fails(() => manager.fixSchema({ destructive: true }), refused)
    await manager.close()
    const db = open(openAt(place))
    await fails(() => db.repair({ destructive: true }), refused)
    await db.close()
  }
  write(shop.cwd, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': before.toJSON() })
  for (const flags of [['--plan'], ['--destructive', '--plan'], ['--destructive']]) {
    const { code, stdout, stderr } = plinth(shop.cwd, ['repair', ...flags, '--url', shop.url])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /REVISION_UNFINISHED/)
    assert.doesNotMatch(stdout, /slug|DROP/)
  }
  assert.deepEqual(await columns(shop), ['id', 'email', 'notes', 'plan', 'slug', 'team_id'])
  await shop.downgrade()
  const { repaired } = await repair({ ...places[0], destructive: true })
  assert.equal(repaired.length, 1)
  await isBefore(shop)
})

test('a revision whose script of one transaction was edited since does not go on', async t => {
  const shop = await stopped(t)
  const path = join(shop.folder, 'up.postgres.sql')
  const whole = readFileSync(path, 'utf8')
  writeFileSync(path, `${whole}UPDATE users SET notes = 'edited';\n`)
  const message = /up\.postgres\.sql was edited, and the steps of up\.postgres\.online\.sql began beside it as it was/
  await fails(() => shop.upgrade(), { code: 'REVISION_UNFINISHED', message })
  assert.match((await shop.status()).problems[0].message, message)
  writeFileSync(path, whole)
  assert.deepEqual((await shop.status()).problems, [])
  await query(shop.url, `UPDATE users SET email = 'other ' || id WHERE id IN (3, 5)`)
  await query(shop.url, `UPDATE users SET slug = lower(email)`)
  await shop.upgrade()
  await isAfter(shop)
})

test('drift leaves out its tables, and is not known without its folder', async t => {
  const shop = await stopped(t)
  await query(shop.url, 'ALTER TABLE teams ADD COLUMN stray integer')
  const report = await drift({ ...at(shop), rows: true })
  assert.deepEqual([report.unfinished, report.differences.map(({ table }) => table)], [shop.version, ['teams']])
  const { drift: grades } = await shop.status()
  assert.equal(grades.destructive, 1)
  const release = await older(t, shop)
  const refused = {
    code: 'REVISION_UNFINISHED',
    message: /its folder is missing here: its changes cannot be distinguished/,
  }
  await fails(() => drift(at(release)), refused)
  const status = await release.status()
  assert.equal(status.drift, null)
  assert.match(status.driftUnknown, refused.message)
  const started = await release.init(before)
  assert.deepEqual([started.ahead, started.drift, started.repaired], [[shop.version], null, []])
  const db = open(openAt(release))
  t.after(() => db.close())
  await db.users.count()
  const probe = healthHandler(db, { drift: { everyMs: 20 }, failOnDrift: 'any' })
  let body = {}
  while (!/REVISION/.test(body.driftUnknown)) {
    const answer = await probe()
    assert.equal(answer.status, 200, 'the release before is not taken out of service')
    body = await answer.json()
  }
  assert.equal(body.driftUnknown, 'The comparison failed: REVISION_UNFINISHED.')
})

test('starts that apply nothing report it as pending, and one without any revisions creates nothing', async t => {
  const shop = await stopped(t)
  await query(shop.url, 'ALTER TABLE teams ALTER COLUMN name DROP NOT NULL')
  const { pending, repaired } = await shop.init(before, { env: { ...process.env, ENABLE_AUTO_MIGRATION: 'false' } })
  assert.deepEqual(repaired, [])
  assert.match(pending[0], /is half done in this database \(its up, steps done: 3\)\.$/)
  assert.match(pending.at(-1), /^The repair of drift was refused: The revision .* is half done/)
  const empty = await workshop(t, { url: shop.url })
  await fails(() => empty.init(before), { code: 'REVISION_UNFINISHED' })
  // As if the first revision of the database were the half-done one.
  await query(shop.url, 'DELETE FROM __diesel_schema_migrations')
  await fails(() => empty.init(before), { code: 'REVISION_UNFINISHED' })
  await fails(() => initDb({ ...at(shop), migrations: false }), { code: 'REVISION_UNFINISHED' })
})

test('what only looks, or has nothing to do with its tables, works', async t => {
  const shop = await stopped(t)
  await fails(() => stamp({ ...at(shop), to: 'base' }), { code: 'REVISION_UNFINISHED' })
  await fails(() => downgrade({ ...at(shop), sql: true }), { code: 'REVISION_UNFINISHED' })
  assert.equal((await check({ ...at(shop, after), dialects: ['postgres'] })).upToDate, true)
  assert.ok((await surveyDb(openAt(shop))).tables.some(({ name }) => name === 'plinth_steps'))
  assert.deepEqual((await kept(openAt(shop))).kept, [])
  await fails(() => restoreKept({ ...openAt(shop), number: 1 }), { code: 'REVISION_UNFINISHED' })
  await fails(() => dropKept({ ...openAt(shop), number: 1 }), { code: 'KEPT_UNKNOWN' })
  const word = 'correct horse'
  assert.equal((await protect({ ...openAt(shop), word })).protected, true)
  assert.equal((await protect({ ...openAt(shop), word, off: true })).protected, false)
  await query(shop.url, `UPDATE users SET email = 'mended ' || id, slug = 'mended ' || id WHERE id IN (3, 5)`)
  await shop.upgrade()
  await isAfter(shop)
})

test('a reset ends it, and makes all tables anew', async t => {
  const shop = await stopped(t)
  const { dropped, init } = await resetDb({ ...at(shop, after), force: true, keep: false })
  assert.ok(dropped.tables.some(({ name }) => name === 'plinth_steps'))
  assert.equal(init.migrated.length, 2)
  await isAfter(shop)
  assert.deepEqual(await query(shop.url, 'SELECT FROM users'), [])
})

test('a probe says how far it is', async t => {
  const shop = await stopped(t)
  write(shop.cwd, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': before.toJSON() })
  const db = open({ url: shop.url, cwd: shop.cwd })
  t.after(() => db.close())
  const unfinished = { version: shop.version, direction: 'up', step: 3, steps: 8 }
  const { status, unfinished: seen, pending } = await db.health()
  assert.deepEqual([status, seen, pending], ['ok', unfinished, [basename(shop.folder)]])
  const ask = async options => {
    const answer = await healthHandler(db, options)()
    const { status, unfinished } = await answer.json()
    return [answer.status, status, unfinished]
  }
  assert.deepEqual(await ask(), [200, 'ok', unfinished])
  assert.deepEqual(await ask({ allowPending: false }), [503, 'pending', unfinished])
  putOnline(shop.folder, { up: 'another' })
  assert.deepEqual((await db.health()).unfinished, { version: shop.version, direction: 'up', step: 3 })
  putOnline(shop.folder)
  const { code, stdout } = plinth(shop.cwd, ['health', '--url', shop.url])
  assert.equal(code, 0)
  assert.match(stdout, new RegExp(`half done +up of ${shop.version}, steps done: 3 of 8: plinth upgrade goes on`))
  await shop.downgrade()
  assert.equal((await db.health()).unfinished, null)
})
