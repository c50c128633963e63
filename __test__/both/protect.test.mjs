// A protected database: nothing destroys data in it without the word, with any option; and nothing
// shows the word.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drift, initDb, kept, protect, resetDb, surveyDb } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { exists, newUrl, noDatabase, objects, PLACES, shown } from '../support/dialect.mjs'
import { models, opened, tables } from '../support/engine.mjs'
import { byHand, decisions, first, plain, second, workshop } from '../support/migrations.mjs'

const word = 'correct horse'
const hidden = error => assert.doesNotMatch(everything(error), /horse|mule/)

for (const place of PLACES) {
  test(`a reset of a protected ${place} needs the word, whatever force and NODE_ENV say, and keeps the protection`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    const set = await protect({ db, word })
    assert.deepEqual([set.protected, set.changed], [true, true])
    const [stored] = await db.sql`SELECT value FROM plinth_settings WHERE name = 'protection'`
    assert.match(stored.value, /^\$scrypt\$ln=15,r=8,p=3\$[^$]+\$[^$]+$/)

    for (const more of [{}, { force: true }, { force: true, env: { NODE_ENV: 'test' } }]) {
      const error = await fails(() => resetDb({ db, ...more }), {
        code: 'PROTECTED',
        hint: /The person who has the word/,
      })
      assert.match(error.message, /the reset would destroy data: drops the table users \(2 rows\); /)
      assert.deepEqual(
        error.lost.find(({ table }) => table === 'users'),
        { table: 'users', rows: 2, what: 'drops the table users' },
      )
    }
    const told = []
    const wrong = await fails(() => resetDb({ db, confirm: loss => `mule ${told.push(loss)}` }), {
      code: 'PROTECTED',
      message: /^This is not the word of the protection\./,
    })
    hidden(wrong)
    assert.deepEqual(
      told.map(({ lost }) => lost.find(({ table }) => table === 'users').rows),
      [2],
    )
    await fails(() => resetDb({ db, confirm: async () => undefined }), { code: 'PROTECTED', found: 'no word' })
    for (const none of [null, 7, { word }, '\ud800'])
      hidden(await fails(() => resetDb({ db, confirm: () => none }), { code: 'QUERY_INVALID', message: /confirm/ }))
    await assert.rejects(
      resetDb({
        db,
        confirm() {
          throw new RangeError('gone')
        },
      }),
      RangeError,
    )
    assert.equal(await db.users.count(), 2)

    for (const round of [1, 2]) {
      const asked = []
      const report = await resetDb({ db, confirm: ({ url }) => (asked.push(url) === 1 ? word : undefined) })
      assert.equal(asked.length, 1, `it asks each time: ${round}`)
      assert.ok(!report.dropped.tables.some(({ name }) => name === 'plinth_settings'))
      assert.equal(await db.users.count(), 0)
      hidden({ message: JSON.stringify(report) })
    }
    assert.deepEqual(await objects(db), ['plinth_seeds', 'plinth_settings', 'plinth_shape', 'posts', 'users'])

    hidden(await fails(() => protect({ db, word: 'correct mule', off: true }), { code: 'PROTECTED' }))
    hidden(await fails(() => protect({ db, word }), { code: 'PROTECTED', message: /already/, hint: /--off/ }))
    assert.deepEqual((await protect({ db, word, off: true })).protected, false)
    assert.deepEqual((await protect({ db, word, off: true })).changed, false)
    await resetDb({ db })
    assert.deepEqual(await objects(db), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  })
}

test('letters of the word may be composed in several ways', async t => {
  const db = await tables(t)
  await protect({ db, word: 'caf\u00e9' })
  await resetDb({ db, confirm: () => 'cafe\u0301' })
})

test('an empty word, and a database that does not exist', async t => {
  for (const none of ['', '  ', undefined, 4711, '\0']) {
    const error = await fails(async () => protect({ db: await tables(t), word: none }), { code: 'QUERY_INVALID' })
    assert.doesNotMatch(everything(error), /4711/)
  }
  const url = await noDatabase(t)
  await assert.rejects(protect({ models, url, word }), ({ code }) => ['CANNOT_OPEN', 'UNKNOWN_DATABASE'].includes(code))
  assert.equal(await exists(url), false)
})

test('a reset that fails keeps the protection, as it keeps everything', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.init(first)
  await protect({ url: shop.url, models: first, word })
  byHand(shop.migrations, '29990101000000', 'bad', { up: 'SELECT nothing FROM nowhere;', down: 'SELECT 1;' })
  const reset = () => resetDb({ url: shop.url, models: first, migrations: shop.migrations, confirm: () => word })
  await assert.rejects(reset(), ({ code }) => code.startsWith('REVISION'))
  await fails(() => shop.downgrade('base'), { code: 'PROTECTED' })
})

test('upgrades and downgrades that destroy data ask before anything runs; others and initDb do not', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const { revisions } = await shop.write(second, 'second', decisions)
  assert.ok(revisions[0].destructive.length > 0)
  await shop.upgrade('+1')
  await shop.using(first, db => db.users.createMany([{ email: 'a' }, { email: 'b' }]))
  await protect({ url: shop.url, models: first, word })

  byHand(shop.migrations, '29990101000000', 'by_hand', { up: 'DELETE FROM users;', down: 'SELECT 1;' })
  const error = await fails(() => shop.upgrade(), { code: 'PROTECTED', hint: /The person who has the word/ })
  assert.match(error.message, /the upgrade would destroy data: .*29990101000000_by_hand was written by hand/)
  assert.deepEqual(
    error.lost.map(({ table, rows }) => [table, rows]),
    [
      [null, null],
      ['tasks', 0],
    ],
  )
  assert.equal((await shop.status()).applied, 1)
  const up = await shop.upgrade('head', { confirm: () => word })
  assert.equal(up.applied.length, 2)

  const back = await fails(() => shop.downgrade('base'), { code: 'PROTECTED' })
  assert.match(back.message, /the downgrade would destroy data: .*drops the table/)
  assert.equal((await shop.status()).applied, 3)
  hidden(await fails(() => shop.downgrade('base', { confirm: () => 'mule' }), { code: 'PROTECTED' }))
  const down = await shop.downgrade('base', { confirm: () => word })
  assert.equal(down.reverted.length, 3)

  // A deployment goes on: what it applies was reviewed.
  const { migrated } = await shop.init(second)
  assert.equal(migrated.length, 3)
  await fails(() => shop.downgrade(), { code: 'PROTECTED' })
})

test('a protected database keeps destroyed rows by default; a start that is not to keep them asks', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.write(second, 'second', decisions)
  await shop.upgrade('+1')
  await shop.using(first, async db => {
    const { id } = await db.users.create({ email: 'a' })
    await db.tasks.create({ ownerId: id, title: 'call', status: 'paused' })
  })
  const { kept: none } = await kept({ url: shop.url })
  await protect({ url: shop.url, models: first, word })

  const start = { url: shop.url, models: second, migrations: shop.migrations }
  const error = await fails(() => initDb({ ...start, keep: false }), { code: 'PROTECTED' })
  assert.match(error.message, /the upgrade would destroy data: /)
  assert.equal((await shop.status()).applied, 1)
  await initDb(start)
  assert.deepEqual([none, (await kept({ url: shop.url })).kept.length > 0], [[], true])
  await shop.downgrade('-1', { confirm: () => word, keep: false })
  assert.equal((await initDb({ ...start, keep: false, confirm: () => word })).migrated.length, 1)
})

test('an upgrade that destroys nothing needs no word, and the SQL of a script is printed', async t => {
  const shop = await workshop(t)
  const more = plain('notes', 'labels')
  await shop.write(plain('notes'), 'notes')
  await shop.init(plain('notes'))
  await protect({ url: shop.url, models: more, word })
  await shop.write(more, 'labels')
  assert.equal((await shop.upgrade()).applied.length, 1)
  assert.match((await shop.downgrade('base', { sql: true })).sql, /DROP TABLE/)
  const { foreign, differences } = await drift({ url: shop.url, models: more, migrations: shop.migrations })
  assert.deepEqual(differences, [])
  assert.ok(foreign.some(({ what, name }) => what === 'a table of Plinth' && name === 'plinth_settings'))
})

test('surveyDb says what a reset would destroy, and makes no database', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'a' })
  const survey = await surveyDb({ db })
  assert.deepEqual(
    survey.tables.filter(({ name }) => name === 'users'),
    [{ name: 'users', rows: 1 }],
  )
  assert.ok(survey.bytes >= 4096 && survey.name.length > 0 && !/[/.]/.test(survey.name), JSON.stringify(survey))
  const url = await noDatabase(t)
  const { tables: none, bytes, url: at } = await surveyDb({ models, url })
  assert.deepEqual([none, bytes, at], [[], 0, shown(url)])
  assert.equal(await exists(url), false)
  const other = opened(t, await newUrl(t))
  assert.deepEqual((await surveyDb({ db: other })).tables, [])
})
