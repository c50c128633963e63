// resetDb: everything goes, including objects of others, or nothing does; and the guards of a
// production database.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, resetDb, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, exists, makeForeignObjects, newUrl, noDatabase, objects, PLACES } from '../support/dialect.mjs'
import { emails, models, opened, tables } from '../support/engine.mjs'

for (const place of PLACES) {
  test(`all tables, views and triggers of a ${place} go, and the models' tables come back empty`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.posts.create({ userId: 1, title: 'one' })
    const others = await makeForeignObjects(db)

    const report = await resetDb({ db })
    const dropped = Object.fromEntries(report.dropped.tables.map(({ name, rows }) => [name, rows]))
    assert.deepEqual(dropped, { users: 2, posts: 1, plinth_seeds: 0, plinth_shape: 2, ...others.tables })
    assert.deepEqual(report.dropped.views.toSorted(), others.views)
    assert.deepEqual(report.dropped.triggers.toSorted(), others.triggers)
    assert.deepEqual(report.init.created.tables, ['users', 'posts'])
    assert.ok(report.durationMs > 0 && report.dialect === dialect)

    assert.deepEqual(await objects(db), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
    assert.equal(await db.users.count(), 0)
    assert.equal((await db.users.create({ email: 'a' })).id, 1)
    await fails(() => db.posts.create({ userId: 99, title: 'x' }), { code: 'FOREIGN_KEY_VIOLATION' })
    db.sync.users.delete(1)
  })

  test(`a reset of a ${place} that fails half-way changes nothing`, async t => {
    const url = await newUrl(t, place)
    const db = opened(t, url)
    await initDb({ db })
    await db.users.create({ email: 'a' })
    await db.sql`CREATE TABLE other (a INTEGER)`
    // A check with a function that the database does not have: the tables are dropped by then.
    const impossible = schema({
      users: model('users', { id: c.id(), email: c.text() }),
      bad: model('bad', { id: c.id(), n: c.integer().check('no_such_function(n) > 0') }),
    })
    if (place === 'memory') {
      const mem = opened(t, url, { models: impossible })
      await mem.sql`CREATE TABLE other (a INTEGER)`
      await fails(() => resetDb({ db: mem }), { code: 'SQL_FAILED', table: 'bad' })
      assert.deepEqual(await objects(mem), ['other'])
    } else {
      await fails(() => resetDb({ models: impossible, url }), { code: 'SQL_FAILED', table: 'bad' })
    }
    assert.deepEqual(await objects(db), ['other', 'plinth_seeds', 'plinth_shape', 'posts', 'users'])
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`in production a reset of a ${place} is refused, saying what it would have destroyed, until it is forced`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.sql`CREATE TABLE "of others" (a INTEGER)`
    await db.sql`INSERT INTO "of others" VALUES (1)`
    const env = { NODE_ENV: 'production' }
    const error = await fails(() => resetDb({ db, env }), { code: 'RESET_REFUSED', hint: /force/ })
    for (const part of ['users (2 rows)', 'posts (empty)', 'of others (1 row)'])
      assert.ok(error.message.includes(part), error.message)
    for (const force of [undefined, false]) await fails(() => resetDb({ db, env, force }), { code: 'RESET_REFUSED' })
    for (const force of [1, 'true']) await fails(() => resetDb({ db, env, force }), { code: 'QUERY_INVALID' })
    assert.equal(await db.users.count(), 2)
    const report = await resetDb({ db, env, force: true })
    assert.equal(report.dropped.tables.length, 5)
    assert.deepEqual(
      [await db.users.count(), await objects(db)],
      [0, ['plinth_seeds', 'plinth_shape', 'posts', 'users']],
    )
  })
}

test('a reset that is refused creates no database', async t => {
  const url = await noDatabase(t)
  const error = await fails(() => resetDb({ models, url, env: { NODE_ENV: 'production' } }), { code: 'RESET_REFUSED' })
  assert.match(error.message, /no tables/)
  assert.equal(await exists(url), false)
})

test('a reset seeds again', async t => {
  const url = await newUrl(t)
  const seed = { first: async tx => tx.users.create({ email: 'seeded' }) }
  await initDb({ models, url, seed })
  const db = opened(t, url)
  await db.users.deleteMany({ all: true })
  const report = await resetDb({ models, url, seed })
  assert.deepEqual([report.init.seeded, report.init.alreadySeeded], [['first'], []])
  assert.deepEqual(await emails(db), ['seeded'])
})
