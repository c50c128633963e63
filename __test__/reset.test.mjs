// resetDb: everything goes, whoever made it, or nothing does; and what keeps it from a production database.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { c, initDb, model, resetDb, schema } from '../index.js'
import { fails } from './support/db.mjs'
import { emails, models, newUrl, opened, PLACES, pathOf, tables } from './support/engine.mjs'

const objects = async db =>
  (await db.sql`SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name`).map(o => o.name)

for (const place of PLACES) {
  test(`all tables, views and triggers of a ${place} go, and the models' tables come back empty`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.posts.create({ userId: 1, title: 'one' })
    await db.sql`CREATE TABLE foreign_one (id INTEGER PRIMARY KEY, other REFERENCES "foreign ""two""" (id))`
    await db.sql`CREATE TABLE "foreign ""two""" (id INTEGER PRIMARY KEY, other REFERENCES foreign_one (id))`
    await db.sql`INSERT INTO foreign_one VALUES (1, NULL)`
    await db.sql`INSERT INTO "foreign ""two""" VALUES (1, 1)`
    await db.sql`UPDATE foreign_one SET other = 1`
    await db.sql`CREATE VIEW everyone AS SELECT email FROM users`
    await db.sql`CREATE VIEW broken AS SELECT * FROM everyone, foreign_one`
    await db.sql`CREATE TRIGGER keep BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'kept'); END`
    await db.sql`CREATE TRIGGER through INSTEAD OF INSERT ON everyone BEGIN INSERT INTO users (email) VALUES (NEW.email); END`

    const report = await resetDb({ db })
    const dropped = Object.fromEntries(report.dropped.tables.map(({ name, rows }) => [name, rows]))
    assert.deepEqual(dropped, { users: 2, posts: 1, foreign_one: 1, 'foreign "two"': 1, plinth_seeds: 0 })
    assert.deepEqual(report.dropped.views.toSorted(), ['broken', 'everyone'])
    assert.deepEqual(report.dropped.triggers.toSorted(), ['keep', 'through'])
    assert.deepEqual(report.init.created.tables, ['users', 'posts'])
    assert.ok(report.durationMs > 0 && report.dialect === 'sqlite')

    assert.deepEqual(await objects(db), ['plinth_seeds', 'posts', 'users'])
    assert.equal(await db.users.count(), 0)
    assert.equal((await db.users.create({ email: 'a' })).id, 1)
    await fails(() => db.posts.create({ userId: 99, title: 'x' }), { code: 'FOREIGN_KEY_VIOLATION' })
    db.sync.users.delete(1)
  })

  test(`a reset of a ${place} that fails half-way changes nothing`, async t => {
    const db = await tables(t, place)
    await db.users.create({ email: 'a' })
    await db.sql`CREATE TABLE other (a)`
    // A check with a function that SQLite does not have: the tables are dropped by then.
    const impossible = schema({
      users: model('users', { id: c.id(), email: c.text() }),
      bad: model('bad', { id: c.id(), n: c.integer().check('no_such_function(n) > 0') }),
    })
    const [{ file }] = await db.sql`SELECT file FROM pragma_database_list`
    if (place === 'file') {
      await fails(() => resetDb({ models: impossible, url: file }), { code: 'SQL_FAILED', table: 'bad' })
    } else {
      const mem = opened(t, 'sqlite::memory:', { models: impossible })
      await mem.sql`CREATE TABLE other (a)`
      await fails(() => resetDb({ db: mem }), { code: 'SQL_FAILED', table: 'bad' })
      assert.deepEqual(await objects(mem), ['other'])
    }
    assert.deepEqual(await objects(db), ['other', 'plinth_seeds', 'posts', 'users'])
    assert.deepEqual(await emails(db), ['a'])
  })

  test(`in production a reset of a ${place} is refused, saying what it would have destroyed, until it is forced`, async t => {
    const db = await tables(t, place)
    await db.users.createMany([{ email: 'a' }, { email: 'b' }])
    await db.sql`CREATE TABLE "of others" (a)`
    await db.sql`INSERT INTO "of others" VALUES (1)`
    const env = { NODE_ENV: 'production' }
    const error = await fails(() => resetDb({ db, env }), { code: 'RESET_REFUSED', hint: /force/ })
    for (const part of ['users (2 rows)', 'posts (empty)', 'of others (1 row)'])
      assert.ok(error.message.includes(part), error.message)
    for (const force of [undefined, false, 1, 'true'])
      await fails(() => resetDb({ db, env, force }), { code: 'RESET_REFUSED' })
    assert.equal(await db.users.count(), 2)
    const report = await resetDb({ db, env, force: true })
    assert.equal(report.dropped.tables.length, 4)
    assert.deepEqual([await db.users.count(), await objects(db)], [0, ['plinth_seeds', 'posts', 'users']])
  })
}

test('a reset that is refused makes no database where none was', async t => {
  const url = newUrl(t)
  const error = await fails(() => resetDb({ models, url, env: { NODE_ENV: 'production' } }), { code: 'RESET_REFUSED' })
  assert.match(error.message, /no tables/)
  assert.ok(!existsSync(pathOf(url)))
})

test('a reset seeds again', async t => {
  const url = newUrl(t)
  const seed = { first: async tx => tx.users.create({ email: 'seeded' }) }
  await initDb({ models, url, seed })
  const db = opened(t, url)
  await db.users.deleteMany({ all: true })
  const report = await resetDb({ models, url, seed })
  assert.deepEqual([report.init.seeded, report.init.alreadySeeded], [['first'], []])
  assert.deepEqual(await emails(db), ['seeded'])
})

test('a full-text table goes with all that is behind it', async t => {
  const db = await tables(t)
  const made = await db.sql`CREATE VIRTUAL TABLE search USING fts5(body)`.then(
    () => true,
    () => false,
  )
  if (!made) return t.skip('this SQLite has no full-text search')
  await db.sql`INSERT INTO search VALUES ('words')`
  const report = await resetDb({ db })
  assert.ok(report.dropped.tables.some(table => table.name === 'search'))
  assert.deepEqual(await objects(db), ['plinth_seeds', 'posts', 'users'])
})

test('an open session that only reads does not see half of a reset', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'a' })
  await db.transaction(
    async tx => {
      assert.equal(await tx.users.count(), 1)
      const { file } = (await tx.sql`SELECT file FROM pragma_database_list`)[0]
      await resetDb({ models, url: file })
      assert.deepEqual(await emails(tx), ['a'])
    },
    { readOnly: true },
  )
  assert.equal(await db.users.count(), 0)
})
