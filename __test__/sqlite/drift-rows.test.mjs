// Drift on SQLite: foreign keys that rows violate although they are declared, damage of the file, and a scan that is stopped.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { c, check, drift, initDb, model, open, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'

const group = name => model(name, { id: c.id(), name: c.text() })
const models = parent =>
  schema({
    teams: group('teams'),
    crews: group('crews'),
    tasks: model('tasks', {
      id: c.id(),
      teamId: c.integer().nullable().references(`${parent}.id`),
      title: c.text().unique(),
    }),
  })

/** A file with the tables that these models declare and what `work` writes; closed, so that nothing is left in a log. */
async function file(t, schema, work) {
  const url = fileUrl(t)
  const db = open({ models: schema, url })
  await initDb({ db })
  await work(db)
  await db.close()
  return url
}

/**
 * Changes a text of the file into another of the same length: everywhere, or only at its first
 * place.
 */
function edit(url, from, to, everywhere = true) {
  assert.equal(from.length, to.length)
  let text = readFileSync(pathOf(url), 'latin1')
  assert.ok(text.includes(from))
  text = everywhere ? text.replaceAll(from, to) : text.replace(from, to)
  writeFileSync(pathOf(url), text, 'latin1')
}

const tasks = async db => {
  for (const id of [1, 2]) await db.teams.create({ id, name: 'team' })
  await db.crews.create({ id: 1, name: 'crew' })
  for (const [id, teamId] of [
    [1, 1],
    [2, 2],
    [3, 2],
    [4, null],
  ])
    await db.tasks.create({ id, teamId, title: `title of ${id}` })
}

test('rows that violate a declared foreign key are a difference', async t => {
  const url = await file(t, models('teams'), tasks)
  assert.deepEqual((await drift({ models: models('teams'), url, rows: true })).differences, [])
  // The rows that writing with foreign_keys=OFF leaves behind: a key whose rows do not exist.
  edit(url, 'REFERENCES "teams"', 'REFERENCES "crews"')
  assert.deepEqual((await drift({ models: models('crews'), url })).differences, [])
  const report = await drift({ models: models('crews'), url, rows: true })
  assert.deepEqual(report.grades, { safe: 0, missingData: 0, destructive: 0, blocked: 1 })
  const [{ table, object, name, expected, found, grade, message, why, fix, rows }] = report.differences
  assert.deepEqual([table, object, grade], ['tasks', 'rows', 'blocked'])
  assert.equal(name, 'tasks_team_id_fkey')
  assert.equal(expected, 'FOREIGN KEY (team_id) REFERENCES crews (id)')
  assert.equal(found, '2 rows without')
  assert.deepEqual(rows, { count: 2, keys: [2, 3] })
  assert.equal(message, 'tasks.team_id: expected a row of crews for each value, found 2 rows without.')
  assert.match(why, /^2 rows of tasks have tasks\.team_id values without a row in crews: id 2, 3\. /)
  assert.match(fix, /PRAGMA foreign_key_check/)
})

test('damage is found only by a deep scan', async t => {
  const url = await file(t, models('teams'), tasks)
  const steps = []
  const scan = more => drift({ models: models('teams'), url, rows: true, ...more })
  const sound = await scan({ deep: true, onProgress: step => steps.push(step) })
  assert.deepEqual(sound.differences, [])
  assert.deepEqual(steps[0], { table: null, done: 0, of: 5 })
  edit(url, 'title of 3', 'other of 3', false)
  assert.deepEqual((await scan()).differences, [])
  const report = await scan({ deep: true })
  assert.ok(report.differences.length > 0)
  for (const { table, object, name, grade, message, rows } of report.differences) {
    assert.deepEqual([table, object, name, grade, rows], ['', 'damage', null, 'blocked', null])
    assert.match(message, /^The database file is damaged: .*index.*\.$/)
  }
})

test('rows that break rules of their table are reported once for each rule, and are not damage', async t => {
  const people = least =>
    schema({
      people: model('people', { id: c.id(), age: c.integer(), name: c.text() }, () => [check(`age > ${least}`)]),
    })
  const url = await file(t, people(0), async db => {
    const [{ sql }] = await db.sql`SELECT sql FROM sqlite_schema WHERE name = 'people'`
    await db.sql`DROP TABLE people`
    await raw(db, sql.replace('"name" TEXT NOT NULL', '"name" TEXT         '))
    await raw(
      db,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO people (age, name) SELECT i, CASE WHEN i % 2 THEN 'name' END FROM n`,
    )
  })
  // The rows that writing with ignore_check_constraints=ON leaves behind, and more of them than a
  // report of damage has.
  edit(url, 'age > 0', 'age > 9')
  edit(url, '"name" TEXT         ', '"name" TEXT NOT NULL')
  const told = async options =>
    (await drift({ models: people(9), url, ...options })).differences.map(({ why, fix, expected, found, ...rest }) => [
      rest.object,
      rest.name,
      rest.grade,
      rest.rows.count,
      rest.rows.keys.slice(0, 2),
      rest.message,
    ])
  const rules = [
    [
      'rows',
      'people_check',
      'blocked',
      9,
      [1, 2],
      'people: expected rows that keep to CHECK (age > 9), found 9 rows that break it.',
    ],
    [
      'rows',
      'name',
      'blocked',
      150,
      [2, 4],
      'people.name: expected rows that keep to NOT NULL, found 150 rows that break it.',
    ],
  ]
  assert.deepEqual(await told(), [])
  assert.deepEqual(await told({ rows: true }), rules)
  assert.deepEqual(await told({ rows: true, deep: true }), rules)
})

/** Users, and models with a check that takes some tenths of a millisecond a row. */
async function slowScan(t, rows) {
  const make = more => schema({ users: model('users', { id: c.id(), visits: c.integer() }, more) })
  const url = await file(t, make(), db =>
    db.users.createMany(Array.from({ length: rows }, (_, i) => ({ id: i + 1, visits: 1 }))),
  )
  const db = open({ models: make(), url })
  t.after(() => db.close())
  const slow = make(() => [check('length(hex(zeroblob(200000 + visits))) > visits')])
  return { db, scan: options => drift({ models: slow, url, rows: true, ...options }) }
}

test('a scan is interrupted in the middle of a statement', async t => {
  const { db, scan } = await slowScan(t, 20_000)
  const start = performance.now()
  await fails(() => scan({ timeout: 100 }), { code: 'TIMEOUT' })
  assert.ok(performance.now() - start < 10_000, 'it was stopped')
  // Nothing holds the file.
  await db.users.create({ visits: 2 })
})

test('a scan does not block writes, and does not see them', async t => {
  const { db, scan } = await slowScan(t, 1500)
  let written
  const onProgress = ({ done, of }) => {
    if (done < of) written ??= db.users.create({ visits: 10 ** 9 })
  }
  let isRead = false
  const reading = scan({ onProgress }).finally(() => {
    isRead = true
  })
  while (!written) await new Promise(resolve => setImmediate(resolve))
  await written
  assert.equal(isRead, false)
  assert.deepEqual((await reading).differences[0].rows, { count: 0, keys: [] })
})

test('in memory', async t => {
  const db = open({ models: models('teams'), url: 'sqlite::memory:' })
  t.after(() => db.close())
  await initDb({ db })
  await tasks(db)
  assert.deepEqual((await db.drift({ rows: true, deep: true })).differences, [])
})
