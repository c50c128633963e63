// initDb and resetDb with revisions: upgraded, adopted, or left alone on request.
import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, resetDb, revision, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl, objects } from '../support/dialect.mjs'
import { program } from '../support/engine.mjs'
import { byHand, decisions, first, plain, second, versions, workshop } from '../support/migrations.mjs'
import { folder } from '../support/project.mjs'

test('a new database is made by the revisions; a second init changes nothing; a later one upgrades', async t => {
  const shop = await workshop(t)
  const one = await shop.write(first, 'first')
  const report = await shop.init(first)
  assert.deepEqual(versions(report.migrated), versions(one.revisions))
  assert.deepEqual([report.adopted, report.created.tables, report.pending], [false, ['users', 'tasks'], []])
  const again = await shop.init(first)
  assert.deepEqual([again.migrated, again.adopted, again.created.tables], [[], false, []])
  await shop.using(first, db => db.users.create({ email: 'a@x', phone: '+1' }))
  const two = await shop.write(second, 'second', decisions)
  const later = await shop.init(second)
  assert.deepEqual(versions(later.migrated), versions(two.revisions))
  assert.deepEqual(later.pending, [])
  assert.deepEqual(await shop.using(second, db => db.users.list()), [
    { id: 1, email: 'a@x', mobile: '+1', country: 'XX' },
  ])
})

test('a database whose tables were there first is adopted, and keeps its rows', async t => {
  const shop = await workshop(t)
  await shop.init(first, { migrations: false })
  await shop.using(first, db => db.users.create({ email: 'a@x' }))
  const one = await shop.write(first, 'first')
  const report = await shop.init(first)
  assert.equal(report.adopted, true)
  assert.deepEqual((await shop.status()).current, one.revisions.at(-1).version)
  assert.equal(await shop.using(first, db => db.users.count()), 1)
  assert.equal((await shop.init(first)).adopted, false)
  assert.deepEqual(
    (await shop.history()).log.map(({ direction }) => direction),
    ['stamp'],
  )
})

test('one that differs is refused with the differences, and left as it was', async t => {
  const shop = await workshop(t)
  const other = schema({ users: model('users', { id: c.id(), email: c.integer() }), tasks: first.models.tasks })
  await shop.init(other, { migrations: false })
  await shop.write(first, 'first')
  const error = await fails(() => shop.init(first), { code: 'ADOPTION_REFUSED' })
  assert.match(JSON.stringify(error) + error.message, /email/)
  const there = await shop.using(other, objects)
  assert.ok(there.includes('users'))
  assert.equal((await shop.status()).applied, 0)
})

test('ENABLE_AUTO_MIGRATION=false leaves revisions pending; what is neither is refused', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const env = value => ({ env: { ENABLE_AUTO_MIGRATION: value } })
  for (const value of ['maybe', '2', 'on']) {
    await fails(() => shop.init(first, env(value)), {
      code: 'CONFIG_INVALID',
      message: /ENABLE_AUTO_MIGRATION/,
      found: value,
    })
  }
  for (const value of ['false', '0', 'no', 'FALSE', ' No ']) {
    const report = await shop.init(first, env(value))
    assert.deepEqual(report.migrated, [], value)
    assert.equal(report.drift, null)
    assert.match(report.driftUnknown, /^Not compared: automatic migration is off.*`plinth drift` compares/)
  }
  assert.equal((await shop.status()).pending.length, 1)
  for (const value of ['true', '1', 'yes', ''])
    assert.equal((await shop.init(first, env(value))).migrated.length, value === 'true' ? 1 : 0, value)
})

test('a seed whose table is in a pending revision waits, those behind it too, and all run once it is there', async t => {
  const shop = await workshop(t)
  await shop.write(plain('one'), 'first')
  const models = plain('one', 'two')
  const ran = []
  const seed = {
    early: async tx => ran.push((await tx.one.create({ text: 'early' })).id),
    late: async tx => ran.push((await tx.two.create({ text: 'late' })).id),
    last: async tx => ran.push((await tx.one.create({ text: 'last' })).id),
  }
  const env = { ENABLE_AUTO_MIGRATION: 'false' }
  const none = await shop.init(models, { env, seed })
  assert.deepEqual([none.seeded, none.alreadySeeded, ran], [[], [], []])
  assert.deepEqual(
    none.pending.filter(text => text.startsWith('The seed')),
    [
      'The seed "early" has not run: the table "one" and 1 more do not exist.',
      'The seed "late" has not run: it waits for the seed "early".',
      'The seed "last" has not run: it waits for the seed "early".',
    ],
  )
  await shop.upgrade()
  await shop.write(models, 'second')
  const one = await shop.init(models, { env, seed })
  assert.deepEqual([one.seeded, one.alreadySeeded], [['early'], []])
  assert.deepEqual(
    one.pending.filter(text => text.startsWith('The seed')),
    [
      'The seed "late" has not run: the table "two" does not exist.',
      'The seed "last" has not run: it waits for the seed "late".',
    ],
  )
  const all = await shop.init(models, { seed })
  assert.deepEqual([all.seeded, all.alreadySeeded, all.pending], [['late', 'last'], ['early'], []])
  assert.equal(ran.length, 3)
  // With all tables there, SQL that is refused is a fault of the seed.
  const wrong = { wrong: tx => tx.sql`SELECT * FROM no_such_table` }
  await fails(() => shop.init(models, { seed: wrong }), { code: 'SQL_FAILED', message: /Seed "wrong"/ })
})

test('a folder that was not deployed is reported, and no table is made from the models', async t => {
  const shop = await workshop(t)
  const one = await shop.write(plain('one'), 'first')
  await shop.init(plain('one'))
  rmSync(shop.migrations, { recursive: true })
  const message = new RegExp(one.revisions[0].version)
  await fails(() => shop.init(plain('one', 'two')), { code: 'REVISION_MISSING', message })
  assert.ok(!(await shop.using(plain('one'), objects)).includes('two'))
})

test('a reset ends at the newest revision', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.init(first)
  await shop.using(first, db => db.users.create({ email: 'a@x' }))
  await shop.write(second, 'second', decisions)
  const { url, migrations, cwd } = shop
  const report = await resetDb({ models: second, url, migrations, cwd })
  assert.equal(report.init.migrated.length, 2)
  assert.deepEqual((await shop.status()).pending, [])
  assert.equal(await shop.using(second, db => db.users.count()), 0)
})

test('models and url by hand have nothing to do with a configuration, unless migrations is set', async t => {
  const url = await newUrl(t)
  const report = await initDb({ models: plain('one'), url })
  assert.deepEqual([report.migrated, report.created.tables], [[], ['one']])
  await fails(() => initDb({ models: plain('one'), url, migrations: 5 }), { code: 'QUERY_INVALID' })
  const db = open({ models: plain('one'), url })
  t.after(() => db.close())
  assert.deepEqual((await initDb({ db })).migrated, [])
})

test('ten processes that init at once: one applies, nine find nothing to do', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const json = JSON.stringify(first.toJSON())
  const results = await Promise.all(
    Array.from({ length: 10 }, () =>
      program(
        shop.url,
        `initDb({ models: ${json}, url, migrations: ${JSON.stringify(shop.migrations)} })
          .then(report => console.log(JSON.stringify(report)))`,
      ),
    ),
  )
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(10).fill([0, '']),
  )
  const migrated = results.map(({ stdout }) => JSON.parse(stdout).migrated.length)
  assert.deepEqual(migrated.toSorted(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
})

/** A shop that was deployed, and the folder of the release before. */
async function deployed(t, next, choices) {
  const old = await workshop(t)
  await old.write(first, 'first')
  const shop = { ...old, init: (models, more) => old.init(models, more) }
  const newer = folder(t)
  cpSync(old.migrations, join(newer, 'migrations'), { recursive: true })
  const options = { url: old.url, cwd: newer, migrations: join(newer, 'migrations'), models: next }
  await revision({ ...options, message: 'second', dialects: [dialect], ...choices })
  return { shop, initNewer: () => initDb(options), options }
}

test('a release that does not know the newest revisions starts if what its models name is there', async t => {
  const next = schema({ ...first.models, extra: model('extra', { id: c.id() }) })
  const { shop, initNewer } = await deployed(t, next)
  await shop.init(first)
  await shop.using(first, db => db.users.create({ email: 'a@x' }))
  await initNewer()
  const report = await shop.init(first)
  assert.equal(report.ahead.length, 1)
  assert.deepEqual([report.migrated, report.created.tables, report.pending], [[], [], []])
  assert.equal(await shop.using(first, db => db.users.count()), 1)
  for (const verb of ['upgrade', 'downgrade']) await fails(() => shop[verb](), { code: 'REVISION_MISSING' })
  assert.equal((await shop.status()).problems[0].code, 'REVISION_MISSING')
})

test('a release does not start on a database that lacks what its models name', async t => {
  const { shop, initNewer } = await deployed(t, second, decisions)
  await initNewer()
  const error = await fails(() => shop.init(first), { code: 'REVISION_AHEAD', table: 'users', columns: ['phone'] })
  assert.match(error.message, /users\.phone/)
  assert.ok(error.hint)
})

test('old and new release start alternately during one upgrade', async t => {
  const next = schema({ ...first.models, extra: model('extra', { id: c.id() }) })
  const { shop, initNewer } = await deployed(t, next)
  await shop.init(first)
  const starts = Array.from({ length: 20 }, (_, at) => (at % 2 ? initNewer() : shop.init(first)))
  const reports = await Promise.all(starts)
  assert.equal(reports.flatMap(({ migrated }) => migrated).length, 1)
  assert.equal((await shop.init(first)).ahead.length, 1)
  assert.deepEqual(await shop.using(next, async db => [await db.users.count(), await db.extra.count()]), [0, 0])
})

test('a release starts on a database that a revision is ahead of which was begun before its newest', async t => {
  const shop = await workshop(t)
  const { revisions } = await shop.write(first, 'first')
  const [one] = versions(revisions)
  const [early, late, next] = [1, 2, 3].map(day => `2099010${day}000000`)
  const made = (name, after) => ({ up: `CREATE TABLE ${name} (id integer)`, down: `DROP TABLE ${name}`, after })
  byHand(shop.migrations, late, 'late', made('late', [one]))
  await shop.init(first)
  const newer = { models: first, url: shop.url, cwd: folder(t) }
  newer.migrations = join(newer.cwd, 'migrations')
  cpSync(shop.migrations, newer.migrations, { recursive: true })
  const folderOfEarly = byHand(newer.migrations, early, 'early', made('early', [one]))
  byHand(newer.migrations, next, 'next', made('later', [late]))
  await initDb(newer)
  assert.deepEqual((await shop.init(first)).ahead, [early, next])
  // What was applied before others of the folder is lost, whichever release it is of.
  rmSync(folderOfEarly, { recursive: true })
  await fails(() => initDb(newer), { code: 'REVISION_MISSING' })
})
