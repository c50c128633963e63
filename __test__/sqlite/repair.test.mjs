// Repairs of an SQLite file: tables made anew with what hangs on them, a file that is locked, a disk that is full.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, drift, initDb, model, open, repair, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { fileUrl } from '../support/dialect-sqlite.mjs'
import { models, program } from '../support/engine.mjs'

const limited = process.platform === 'linux' ? {} : { skip: 'needs RLIMIT_FSIZE and bash' }

test('a table that is made anew keeps rows, numbers, triggers, views and the rows that point to it', async t => {
  const url = fileUrl(t)
  const teams = model('teams', { id: c.id(), name: c.text({ max: 20 }).unique(), rank: c.integer().default(1) })
  const people = model('people', { id: c.id(), teamId: c.integer().references('teams.id', { onDelete: 'cascade' }) })
  const made = schema({ teams, people })
  await initDb({ models: made, url })
  const db = open({ models: made, url })
  t.after(() => db.close())
  await db.teams.createMany([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  await db.people.createMany([{ teamId: 1 }, { teamId: 2 }])
  await db.teams.delete(3)
  await raw(db, 'CREATE TABLE log (line)')
  await raw(db, 'CREATE TRIGGER noted AFTER UPDATE ON teams BEGIN INSERT INTO log VALUES (new.name); END')
  await raw(db, 'CREATE VIEW names AS SELECT name FROM teams')
  await raw(db, 'CREATE INDEX of_others ON teams (rank, name)')
  await raw(db, 'ALTER TABLE teams DROP CONSTRAINT teams_name_length_check')
  await raw(db, 'ALTER TABLE teams ALTER COLUMN rank DROP NOT NULL')
  const rows = async () => [await db.teams.list(), await db.people.list()]
  const before = await rows()
  const report = await db.repair()
  assert.deepEqual(
    report.repaired.map(({ object, name }) => [object, name]),
    [
      ['nullable', 'rank'],
      ['check', 'teams_name_length_check'],
    ],
  )
  assert.ok(report.steps.some(({ sql }) => sql.startsWith('CREATE TABLE "plinth_new_teams"')))
  assert.deepEqual([report.remaining, (await db.drift()).differences, await rows()], [[], [], before])
  // A number that was given once is never given again.
  assert.equal((await db.teams.create({ name: 'd' })).id, 4)
  await db.teams.update(1, { name: 'A' })
  assert.deepEqual(await db.sql`SELECT line FROM log`, [{ line: 'A' }])
  assert.equal((await db.sql`SELECT * FROM names`).length, 3)
  const things =
    await db.sql`SELECT name FROM sqlite_schema WHERE name IN ('noted', 'names', 'of_others') ORDER BY name`
  assert.deepEqual(
    things.map(({ name }) => name),
    ['names', 'noted', 'of_others'],
  )
  await db.teams.delete(1)
  assert.deepEqual(await db.people.count(), 1)
})

test('a repair on a full disk reports it, and leaves the drift as it was', limited, async t => {
  const url = fileUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  await db.users.createMany(Array.from({ length: 3000 }, (_, i) => ({ email: `user ${i}`, name: 'x'.repeat(200) })))
  await raw(db, 'ALTER TABLE users ALTER COLUMN email DROP NOT NULL')
  await db.close()
  const before = (await drift({ models, url })).differences
  const { stdout, stderr } = await program(
    url,
    `const { repair } = require('plinth');
    repair({ models, url }).then(() => console.log('done'), ({ code }) => console.log(code))`,
    { shell: 'ulimit -f 200' },
  )
  assert.deepEqual([stdout, stderr], ['DISK_FULL\n', ''])
  assert.deepEqual((await drift({ models, url })).differences, before)
  assert.deepEqual((await repair({ models, url })).remaining, [])
  const again = open({ models, url })
  t.after(() => again.close())
  assert.equal(await again.users.count({ where: { name: 'x'.repeat(200) } }), 3000)
})
