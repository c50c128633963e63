// The part of rows in drift: how many keep a difference from being repaired, which keys are
// reported, and the effect of the options.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, drift, index, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, projectFiles } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'
import { plinth, project, write } from '../support/project.mjs'

const teams = model('teams', { id: c.id(), name: c.text() })

/** Tables without rules, which are made. */
const loose = schema({
  teams,
  users: model('users', {
    id: c.id(),
    email: c.text(),
    name: c.text().nullable(),
    visits: c.integer(),
    teamId: c.integer().nullable(),
  }),
})

/** The same tables with all rules, with which the database is compared. */
const strict = schema({
  teams,
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text().unique(),
      name: c.text(),
      visits: c.integer(),
      teamId: c.integer().nullable().references('teams.id'),
    },
    t => [check('visits >= 0'), index(t.visits).unique().where("name <> 'twin'").name('one_visit')],
  ),
})

const RULES = ['check users_check', 'foreign key', 'index one_visit', 'nullable name', 'unique']

/** A database with the loose tables and these users; the call that compares it. */
async function place(t, users, models = loose, compared = strict) {
  const shop = await workshop(t)
  await shop.init(models, { migrations: false })
  await shop.using(models, async db => {
    if ('teams' in db) await db.teams.create({ id: 1, name: 'one' })
    await db.users.createMany(users)
  })
  return { ...shop, drift: options => drift({ models: compared, url: shop.url, ...options }) }
}

/** The differences by what they are about. */
function byRule({ differences }) {
  const rule = ({ object, name }) => {
    if (object === 'check' || object === 'index' || object === 'nullable') return `${object} ${name}`
    return object
  }
  return Object.fromEntries(differences.map(difference => [rule(difference), difference]).toSorted())
}

const user = (id, more) => ({ id, email: `${id}@x`, name: 'a', visits: id, ...more })

test('without rows none is read', async t => {
  const shop = await place(t, [user(1, { name: null })])
  const found = byRule(await shop.drift())
  assert.deepEqual(Object.keys(found), RULES)
  for (const { rows, grade } of Object.values(found)) assert.deepEqual([rows, grade], [null, 'safe'])
})

test('rows that break no rule leave the differences safe', async t => {
  // Values that a rule ignores: NULL in a key, in a unique column and in a check, and rows that an
  // index leaves out.
  const shop = await place(t, [user(1), user(2, { teamId: 1 }), user(3, { name: 'twin', visits: 1 })])
  const report = await shop.drift({ rows: true })
  const found = byRule(report)
  assert.deepEqual(Object.keys(found), RULES)
  for (const { rows, grade, why } of Object.values(found)) {
    assert.deepEqual([rows, grade], [{ count: 0, keys: [] }, 'safe'])
    assert.equal(why, 'No row changes, and no row breaks the expected rule.')
  }
  assert.deepEqual(report.grades, { safe: 5, missingData: 0, destructive: 0, blocked: 0 })
})

test('rows that break a rule block its repair, and are reported by their keys', async t => {
  const shop = await place(t, [
    user(1, { name: null, visits: -1 }),
    user(2, { name: null, email: 'same' }),
    user(3, { email: 'same', teamId: 7 }),
    user(4, { visits: 40, teamId: 1 }),
    user(5, { visits: 40 }),
    user(6, { visits: 40, name: 'twin' }),
  ])
  const report = await shop.drift({ rows: true })
  const found = byRule(report)
  const rows = Object.fromEntries(Object.entries(found).map(([rule, { rows }]) => [rule, rows]))
  assert.deepEqual(rows, {
    'check users_check': { count: 1, keys: [1] },
    'foreign key': { count: 1, keys: [3] },
    'index one_visit': { count: 2, keys: [4, 5] },
    'nullable name': { count: 2, keys: [1, 2] },
    unique: { count: 2, keys: [2, 3] },
  })
  assert.deepEqual(report.grades, { safe: 0, missingData: 0, destructive: 0, blocked: 5 })
  const why = Object.fromEntries(Object.entries(found).map(([rule, { why }]) => [rule, why.split('. ')[0]]))
  assert.deepEqual(why, {
    'check users_check': 'One row of users has values that the check users_check refuses: id 1',
    'foreign key': 'One row of users has users.team_id values without a row in teams: id 3',
    'index one_visit': '2 rows of users have the same values of the index one_visit: id 4, 5',
    'nullable name': '2 rows of users have NULL in users.name: id 1, 2',
    unique: '2 rows of users have the same users.email: id 2, 3',
  })
  for (const { fix } of Object.values(found)) assert.match(fix, /^(Change|Correct|Give|Make) /)
  assert.match(found.unique.fix, /^Change or merge these rows first\. /)
})

test('a primary key that is missing is asked for rows without a key of their own', async t => {
  const models = schema({ users: model('users', { id: c.text().primaryKey(), name: c.text().nullable() }) })
  const shop = await workshop(t)
  const db = shop.open(models)
  const text = dialect === 'sqlite' ? 'TEXT' : 'text COLLATE "C"'
  await db.sql(Object.assign([`CREATE TABLE users (id ${text}, name ${text})`], { raw: [''] }))
  await db.sql`INSERT INTO users (id) VALUES ('a'), ('a'), ('b'), (NULL)`
  const { differences } = await drift({ models, url: shop.url, rows: true })
  const key = differences.find(({ object }) => object === 'primary key')
  assert.deepEqual([key.grade, key.rows.count], ['blocked', 3])
  assert.deepEqual(key.rows.keys.toSorted(), ['a', null])
  assert.match(key.why, /^3 rows of users have the same users\.id or NULL: id /)
})

test('keys of private columns are left out, those of several columns are lists', async t => {
  const make = id => {
    const key = { id: id.primaryKey(), part: c.integer().primaryKey() }
    const users = name => schema({ users: model('users', { ...key, name }) })
    return { made: users(c.text().nullable()), compared: users(c.text()) }
  }
  const rows = [{ id: 'hunter2', part: 1, name: null }]
  const secret = make(c.text().private())
  const hidden = await (await place(t, rows, secret.made, secret.compared)).drift({ rows: true })
  assert.deepEqual(hidden.differences[0].rows, { count: 1, keys: [] })
  assert.equal(hidden.differences[0].why.split('. ')[0], 'One row of users has NULL in users.name')
  assert.ok(!JSON.stringify(hidden).includes('hunter2'))

  const open = make(c.text())
  const told = await (await place(t, rows, open.made, open.compared)).drift({ rows: true })
  assert.deepEqual(told.differences[0].rows, { count: 1, keys: [['hunter2', 1]] })
  assert.match(told.differences[0].why, /: id, part \(`hunter2`, 1\)\./)
})

test('numbers that JavaScript would round are texts', async t => {
  const users = more => schema({ users: model('users', { id: c.bigId(), visits: c.integer() }, more) })
  const rows = [2n ** 60n, 2n ** 53n - 1n].map(id => ({ id, visits: -1 }))
  const shop = await place(
    t,
    rows,
    users(),
    users(() => [check('visits >= 0')]),
  )
  const [{ rows: found }] = (await shop.drift({ rows: true })).differences
  assert.deepEqual(found.keys, [2 ** 53 - 1, String(2n ** 60n)])
})

test('of 10,000 rows all are counted and ten reported, while others write', async t => {
  const users = Array.from({ length: 10_000 }, (_, i) => user(i + 1, { name: i % 2 ? null : 'a', email: 'same' }))
  const shop = await place(t, users)
  const db = shop.open(strict)
  const told = []
  const reading = shop.drift({ rows: true, onProgress: step => told.push(step) })
  for (let id = 20_001; id <= 20_020; id++)
    await db.sql`INSERT INTO users (id, email, visits) VALUES (${id}, ${id}, ${id})`
  const found = byRule(await reading)
  const ten = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
  assert.ok(found['nullable name'].rows.count >= 5000 && found['nullable name'].rows.count <= 5020)
  assert.deepEqual(found['nullable name'].rows.keys, ten)
  assert.match(found['nullable name'].why, /id 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, \.\.\.\./)
  assert.deepEqual(found.unique.rows, { count: 10_000, keys: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] })
  const { of } = told[0]
  assert.ok(of >= 5)
  assert.deepEqual(
    told.map(({ done }) => done),
    Array.from({ length: of + 1 }, (_, i) => i),
  )
  for (const step of told) assert.equal(step.of, of)
  assert.ok(told.some(({ table }) => table === 'users'))
})

test('a scan that is late is a TIMEOUT, and one that is in time is none', async t => {
  const shop = await place(t, [user(1)])
  await fails(() => shop.drift({ rows: true, timeout: 0.001 }), { code: 'TIMEOUT', retryable: false })
  const db = shop.open(strict)
  await fails(() => db.drift({ rows: true, timeout: 0.001 }), { code: 'TIMEOUT' })
  assert.equal((await db.drift({ rows: true, timeout: 60_000 })).differences.length, 5)
  assert.equal((await db.drift({ rows: true, deep: true, timeout: Infinity })).differences.length, 5)
  assert.equal((await drift({ db, rows: true })).differences[0].rows.count, 0)
})

test('options that only reading rows has need it', async t => {
  const shop = await place(t, [])
  for (const option of [{ deep: true }, { timeout: 1000 }, { onProgress() {} }, { rows: false, deep: true }]) {
    const name = Object.keys(option).at(-1)
    await fails(() => shop.drift(option), { code: 'QUERY_INVALID', message: `drift(): ${name} needs rows: true.` })
  }
  await fails(() => shop.drift({ deep: true }), { hint: /rows: true/ })
  assert.equal((await shop.drift({ deep: false })).differences.length, 5)
  await fails(() => shop.drift({ rows: 1 }), { code: 'QUERY_INVALID', expected: 'true or false' })
  const thrown = new Error('mine')
  const onProgress = () => {
    throw thrown
  }
  await assert.rejects(() => shop.drift({ rows: true, onProgress }), thrown)
})

test('differences that name a missing column or table are not asked', async t => {
  const made = schema({ users: model('users', { id: c.id(), visits: c.integer() }) })
  const shop = await place(t, [{ id: 1, visits: 1 }], made)
  const { differences } = await shop.drift({ rows: true })
  assert.ok(differences.some(({ object }) => object === 'table'))
  for (const { object, name, rows, found, why } of differences) {
    // A column that is missing is about all rows if they need a value in it.
    const asked = name === 'users_check' || (object === 'column' && found === null && /no value for/.test(why))
    assert.deepEqual([object, rows === null], [object, !asked])
  }
})

test('a unique constraint over several columns', async t => {
  const columns = { id: c.id(), a: c.integer().nullable(), b: c.text().nullable() }
  const made = schema({ users: model('users', columns) })
  const compared = schema({ users: model('users', columns, t => [unique(t.a, t.b)]) })
  const rows = [
    { id: 1, a: 1, b: 'x' },
    { id: 2, a: 1, b: 'x' },
    { id: 3, a: 1, b: 'y' },
    { id: 4, a: 1 },
    { id: 5, a: 1 },
  ]
  const shop = await place(t, rows, made, compared)
  const [difference] = (await shop.drift({ rows: true })).differences
  assert.deepEqual(difference.rows, { count: 2, keys: [1, 2] })
  assert.match(difference.why, /^2 rows of users have the same users\.\(a, b\): id 1, 2\./)
})

test('plinth drift --rows', async t => {
  const models = name => `
import { c, model, schema } from 'plinth'
export default schema({ users: model('users', { id: c.id(), name: ${name} }) })
`
  const seed = 'export default { users: tx => tx.users.create({ id: 3 }) }\n'
  const cwd = project(t, {
    'package.json': { name: 'app', private: true, plinth: { models: './models.mjs', seed: './seed.mjs' } },
    'models.mjs': models('c.text().nullable()'),
    'seed.mjs': seed,
    ...(await projectFiles(t)),
  })
  const made = plinth(cwd, ['init'])
  assert.equal(made.code, 0, made.stderr)
  write(cwd, { 'models.mjs': models('c.text()') })
  const json = args => {
    const { code, stdout } = plinth(cwd, ['drift', '--json', ...args])
    return [code, JSON.parse(stdout)]
  }
  const [code, { differences }] = json(['--rows', '--deep', '--timeout', '60000'])
  assert.deepEqual([code, differences[0].rows], [1, { count: 1, keys: [3] }])
  assert.equal(json([])[1].differences[0].rows, null)
  const text = plinth(cwd, ['drift', '--rows'])
  assert.deepEqual([text.code, text.stderr], [1, ''])
  assert.match(text.stdout, /blocked[\s\S]*One row of users has NULL in users\.name: id 3\./)
  for (const args of [['--deep'], ['--timeout', '5'], ['--rows', '--timeout', 'soon']]) {
    const [code, { error }] = json(args)
    assert.deepEqual([code, error.code], [2, 'QUERY_INVALID'], args.join(' '))
  }
  assert.match(plinth(cwd, ['drift', '--rows', '--timeout', 'soon']).stderr, /found "soon"/)
  const [late, { error }] = json(['--rows', '--timeout', '0.001'])
  assert.deepEqual([late, error.code], [2, 'TIMEOUT'])
})
