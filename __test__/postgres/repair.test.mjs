// Repairs on a PostgreSQL server: a connection that breaks, a table that is locked, views that stand in the way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, drift, index, initDb, model, open, repair, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const models = schema({
  users: model('users', { id: c.id(), email: c.text({ max: 50 }), visits: c.integer().default(0) }, t => [
    index(t.visits),
  ]),
})

async function place(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  await db.users.createMany([{ email: 'ada@x' }, { email: 'bob@x', visits: 2 }])
  return { url, db }
}

test('a connection that breaks in a repair is CONNECTION_LOST, and the drift is as it was', async t => {
  const { url, db } = await place(t)
  await raw(db, 'DROP INDEX users_visits_idx')
  const before = (await drift({ models, url })).differences
  const session = db.session()
  await session.sql`LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE`
  const failing = fails(() => repair({ models, url }), { code: 'CONNECTION_LOST' })
  for (let ended = 0; ended === 0; ) {
    const rows = await db.sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%users_visits_idx%'`
    ended = rows.length
  }
  await failing
  await session.rollback()
  await session.close()
  assert.deepEqual((await drift({ models, url })).differences, before)
  assert.equal((await repair({ models, url })).outcome, 'repaired')
})

test('a table that is locked is BUSY within half a minute', async t => {
  const { url, db } = await place(t)
  await raw(db, 'ALTER TABLE users ALTER visits DROP DEFAULT')
  const session = db.session()
  await session.sql`LOCK TABLE users IN ACCESS SHARE MODE`
  const began = performance.now()
  await fails(() => repair({ models, url, migrations: { lockWaitMs: 2000 } }), { code: 'BUSY' })
  const took = performance.now() - began
  assert.ok(took >= 2000 && took < 30_000, `${took} ms`)
  await session.rollback()
  await session.close()
  assert.equal((await drift({ models, url })).differences.length, 1)
})

test('what the server refuses is blocked, and the rest is repaired', async t => {
  const { url, db } = await place(t)
  await raw(db, 'ALTER TABLE users ALTER email TYPE varchar(20) COLLATE "C"')
  await raw(db, 'DROP INDEX users_visits_idx')
  await raw(db, 'CREATE VIEW mails AS SELECT email FROM users')
  const { outcome, repaired, remaining } = await repair({ models, url })
  assert.deepEqual([outcome, repaired.map(({ name }) => name)], ['repaired', ['users_visits_idx']])
  assert.deepEqual(
    remaining.map(({ object, name, grade }) => [object, name, grade]),
    [['column', 'email', 'blocked']],
  )
  assert.match(remaining[0].why, /mails/)
  const again = await initDb({ models, url })
  assert.deepEqual(again.repaired, [])
  assert.ok(again.pending.some(line => line.includes('email')))
  await raw(db, 'DROP VIEW mails')
  assert.deepEqual((await repair({ models, url })).remaining, [])
})

test('a start does not read a table of more than 32 MB, however few its rows are', async t => {
  const url = await newUrl(t)
  const made = schema({ pages: model('pages', { id: c.id(), n: c.integer(), body: c.text() }, t => [index(t.n)]) })
  await initDb({ models: made, url })
  const db = open({ models: made, url })
  t.after(() => db.close())
  await db.sql`INSERT INTO pages (n, body) SELECT n, (SELECT string_agg(md5(n::text || i), '') FROM generate_series(1, 1200) i)
    FROM generate_series(1, 1000) n`
  await raw(db, 'DROP INDEX pages_n_idx')
  const { repaired, drift } = await initDb({ models: made, url })
  assert.deepEqual([repaired, drift.safe], [[], 1])
  const { outcome, remaining } = await repair({ models: made, url })
  assert.deepEqual([outcome, remaining], ['repaired', []])
})

test('a key over a column that comes again with the same value in each row is named, not refused by the server', async t => {
  const url = await newUrl(t)
  const made = schema({ codes: model('codes', { id: c.id(), code: c.integer().default(0).unique() }) })
  await initDb({ models: made, url })
  const db = open({ models: made, url })
  t.after(() => db.close())
  await db.codes.createMany([{ code: 1 }, { code: 2 }])
  await raw(db, 'ALTER TABLE codes DROP COLUMN code')
  const { repaired, remaining } = await repair({ models: made, url })
  assert.deepEqual(
    [repaired.map(({ object }) => object), remaining.map(({ object }) => object)],
    [['column'], ['unique']],
  )
  assert.deepEqual(remaining[0].rows, { count: 2, keys: [1, 2] })
  assert.deepEqual(await db.codes.list(), [
    { id: 1, code: 0 },
    { id: 2, code: 0 },
  ])
})

test('an identity that was changed by hand becomes what it was, and goes on where it is', async t => {
  const { url, db } = await place(t)
  const ended = () => db.sql`SELECT max_value::text AS most FROM pg_sequences WHERE sequencename = 'users_id_seq'`
  const before = await ended()
  for (const change of [
    'SET GENERATED ALWAYS',
    'SET INCREMENT BY 7 SET MINVALUE -5 SET MAXVALUE 100 SET CYCLE',
    'DROP IDENTITY',
  ]) {
    const last = await db.users.create({ email: 'last@x' })
    await db.users.delete(last.id)
    await raw(db, `ALTER TABLE users ALTER id ${change}`)
    const { repaired, remaining } = await repair({ models, url })
    assert.deepEqual([repaired.map(({ grade }) => grade), remaining], [['safe'], []], change)
    assert.deepEqual(await ended(), before, change)
    const { id } = await db.users.create({ email: 'next@x' })
    // Without an identity nothing tells which numbers were given to rows that are gone.
    if (change === 'DROP IDENTITY') assert.ok(id > 2)
    else assert.equal(id, last.id + 1, change)
  }
})

/** Teams with a key of their own and users that belong to them, of whom one belongs to none. */
async function belonging(t) {
  const belonging = schema({
    teams: model('teams', { id: c.integer().primaryKey(), name: c.text().nullable() }),
    users: model('users', { id: c.id(), teamId: c.integer().nullable().references('teams.id') }),
  })
  const url = await newUrl(t)
  await initDb({ models: belonging, url })
  const db = open({ models: belonging, url })
  t.after(() => db.close())
  await db.teams.create({ id: 7 })
  await db.users.createMany([{ teamId: 7 }, { teamId: null }])
  await raw(db, 'DROP TABLE teams CASCADE')
  return { db, options: { models: belonging, url } }
}

test('a dropped table comes back though rows refer to it: its foreign key is blocked by them, and named', async t => {
  const { db, options } = await belonging(t)
  const { outcome, repaired, remaining } = await repair(options)
  assert.deepEqual([outcome, repaired.map(({ table, object }) => [table, object])], ['repaired', [['teams', 'table']]])
  assert.deepEqual(
    remaining.map(({ table, name, grade }) => [table, name, grade]),
    [['users', 'users_team_id_fkey', 'blocked']],
  )
  assert.equal(await db.users.count(), 2)
  await db.teams.create({ id: 7 })
  const again = await repair(options)
  assert.deepEqual(
    again.repaired.map(({ name }) => name),
    ['users_team_id_fkey'],
  )
  assert.deepEqual(again.remaining, [])
})

test('a dropped table comes back with the foreign keys to it, if no row refers to it', async t => {
  const { db, options } = await belonging(t)
  await db.users.delete(1)
  const plan = await repair({ ...options, plan: true })
  assert.match(plan.repaired[1].why, /Rows are read for it once the objects that it names are there/)
  const { repaired, remaining, steps } = await repair(options)
  assert.deepEqual(
    repaired.map(({ name }) => name),
    plan.repaired.map(({ name }) => name),
  )
  assert.deepEqual([remaining, steps], [[], plan.steps])
})
