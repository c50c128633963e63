// Repair: what differs from what the database should hold is corrected, or left with its reason; rows stay as they are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  c,
  check,
  drift,
  fixSchema,
  history,
  index,
  kept,
  model,
  open,
  repair,
  restoreKept,
  schema,
  unique,
} from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const people = schema({
  teams: model('teams', { id: c.id(), name: c.text().unique() }),
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text({ max: 50 }),
      name: c.text().default('nobody'),
      visits: c.integer().default(0),
      born: c.date().nullable(),
      kind: c.enum('kind', ['a', 'b']).default('a'),
      teamId: c.integer().nullable().references('teams.id', { onDelete: 'cascade' }),
    },
    t => [index(t.visits), unique(t.email, t.name), check('visits >= 0')],
  ),
})

const USERS = [
  { email: 'ada@x', name: 'Ada', visits: 3, teamId: 1 },
  { email: 'bob@x', name: 'Bob', visits: 0, teamId: 2, born: '1990-02-03' },
  { email: 'eve@x', name: 'Eve', visits: 7, kind: 'b' },
]

/** A shop with rows, whose tables revisions made, or init by the models. */
async function shopOf(t, revisions = true, models = people) {
  const shop = await workshop(t)
  if (revisions) await shop.write(models, 'first')
  const more = revisions ? {} : { migrations: false }
  await shop.init(models, more)
  const options = { models, url: shop.url, cwd: shop.cwd, ...(revisions && { migrations: shop.migrations }) }
  await shop.using(models, async db => {
    await db.teams.createMany([{ name: 'one' }, { name: 'two' }])
    await db.users.createMany(USERS)
  })
  return {
    ...shop,
    options,
    by: sql => shop.using(models, db => db.sql(Object.assign([sql], { raw: [sql] }))),
    repair: more => repair({ ...options, ...more }),
    drift: more => drift({ ...options, ...more }),
    rows: () =>
      shop.using(models, async db => [await db.teams.list(), await db.users.list({ orderBy: { id: 'asc' } })]),
    repairs: () => shop.using(models, db => db.sql`SELECT * FROM plinth_repairs`),
  }
}

const told = list => list.map(({ table, object, name, grade }) => [table, object, name, grade])

for (const revisions of [true, false]) {
  const basis = revisions ? 'revisions' : 'models'

  test(`what loses nothing is repaired, in one transaction that is recorded, by the ${basis}`, async t => {
    const shop = await shopOf(t, revisions)
    const before = await shop.rows()
    await shop.by('DROP INDEX users_visits_idx')
    await shop.by('CREATE INDEX users_name_idx ON users (name)')
    await shop.by('CREATE INDEX of_others ON users (name)')
    if (dialect === 'postgres') {
      await shop.by('ALTER TABLE users ALTER visits DROP DEFAULT')
      await shop.by('ALTER TABLE users DROP CONSTRAINT users_check')
      await shop.by('ALTER TABLE users ALTER name DROP NOT NULL')
      await shop.by("COMMENT ON TABLE users IS 'by hand'")
    }
    const found = await shop.drift()
    const plan = await shop.repair({ plan: true })
    assert.equal(plan.outcome, 'planned')
    assert.deepEqual(told(plan.repaired), told(found.differences))
    assert.deepEqual(plan.remaining, [])
    assert.deepEqual(told((await shop.drift()).differences), told(found.differences), 'a plan changes nothing')

    const report = await shop.repair()
    assert.deepEqual([report.outcome, report.dialect, report.against], ['repaired', dialect, basis])
    assert.deepEqual(report.steps, plan.steps)
    assert.deepEqual(told(report.repaired), told(found.differences))
    assert.deepEqual([report.remaining, (await shop.drift()).differences], [[], []])
    assert.deepEqual(await shop.rows(), before)
    assert.ok((await shop.drift()).foreign.some(({ name }) => name === 'of_others'))

    const again = await shop.repair()
    assert.deepEqual([again.outcome, again.steps, again.repaired], ['nothing', [], []])
    const repairs = await shop.repairs()
    assert.equal(repairs.length, 1)
    assert.equal(JSON.parse(repairs[0].differences).length, found.differences.length)
    const log = (await history({ ...shop.options, migrations: shop.migrations })).log
    assert.deepEqual(
      log.map(({ direction }) => direction),
      revisions ? ['up', 'repair'] : ['repair'],
    )
    assert.equal(log.at(-1).sql, `${report.steps.map(({ sql }) => sql).join(';\n')};`)
    assert.match(log.at(-1).by, /@/)
  })
}

test('a column that is gone comes again, and the report says that its values are gone', async t => {
  const shop = await shopOf(t)
  const [teams, users] = await shop.rows()
  await shop.by('ALTER TABLE users DROP COLUMN born')
  await shop.by('DROP INDEX users_visits_idx')
  const report = await shop.repair()
  assert.deepEqual(told(report.repaired), [
    ['users', 'column', 'born', 'missing-data'],
    ['users', 'index', 'users_visits_idx', 'safe'],
  ])
  assert.equal(report.repaired[0].why, 'The column existed before: its values are gone.')
  assert.deepEqual(await shop.rows(), [teams, users.map(user => ({ ...user, born: null }))])
  assert.deepEqual((await shop.drift()).differences, [])
})

test('a column that has another name is only touched once that is decided', async t => {
  const shop = await shopOf(t)
  const before = await shop.rows()
  await shop.by('ALTER TABLE users RENAME COLUMN name TO full_name')
  await shop.by('DROP INDEX users_visits_idx')
  const undecided = await shop.repair({ destructive: true })
  assert.deepEqual(told(undecided.repaired), [['users', 'index', 'users_visits_idx', 'safe']])
  const missing = undecided.remaining.find(({ name }) => name === 'name')
  assert.match(missing.fix, /plinth repair --rename users\.full_name:users\.name.*--recreate users\.name/)
  assert.match(missing.why, /neither is touched until that is decided/)

  const plan = await shop.repair({ plan: true, rename: { 'users.full_name': 'users.name' } })
  assert.deepEqual([plan.outcome, plan.remaining], ['planned', []])
  const report = await shop.repair({ rename: { 'users.full_name': 'users.name' } })
  assert.deepEqual([report.remaining, (await shop.drift()).differences], [[], []])
  assert.deepEqual(await shop.rows(), before)

  await shop.by('ALTER TABLE users RENAME COLUMN born TO birthday')
  const recreated = await shop.repair({ recreate: ['users.born'] })
  assert.deepEqual(told(recreated.repaired), [['users', 'column', 'born', 'missing-data']])
  assert.deepEqual(told(recreated.remaining), [['users', 'column', 'birthday', 'destructive']])
  await fails(() => shop.repair({ recreate: ['users.born'] }), { code: 'CHOICE_INVALID', table: 'users' })
  const last = await shop.repair({ destructive: true })
  assert.deepEqual([told(last.repaired), last.remaining], [[['users', 'column', 'birthday', 'destructive']], []])
})

test('a table that has another name is only touched once that is decided', async t => {
  const shop = await shopOf(t)
  const before = await shop.rows()
  await shop.by('ALTER TABLE teams RENAME TO groups')
  const undecided = await shop.repair({ destructive: true })
  assert.deepEqual([undecided.outcome, undecided.repaired], ['nothing', []])
  const report = await shop.repair({ rename: { groups: 'teams' } })
  assert.deepEqual([report.outcome, report.remaining], ['repaired', []])
  assert.deepEqual(await shop.rows(), before)
  assert.deepEqual((await shop.drift()).differences, [])
})

test('a table that is gone comes again, empty', async t => {
  const shop = await shopOf(t)
  await shop.by(dialect === 'postgres' ? 'DROP TABLE users CASCADE' : 'DROP TABLE users')
  const report = await shop.repair()
  assert.deepEqual(told(report.repaired), [['users', 'table', null, 'missing-data']])
  assert.deepEqual([(await shop.drift()).differences, (await shop.rows())[1]], [[], []])
})

test('what somebody added is taken away only if that is asked for', async t => {
  const shop = await shopOf(t)
  const before = await shop.rows()
  await shop.by('ALTER TABLE users ADD COLUMN stray integer')
  await shop.by('CREATE INDEX on_stray ON users (stray)')
  await shop.by('CREATE UNIQUE INDEX one_name ON users (name)')
  const safe = await shop.repair()
  assert.deepEqual([safe.outcome, safe.repaired], ['nothing', []])
  assert.deepEqual(told(safe.remaining), [
    ['users', 'column', 'stray', 'destructive'],
    ['users', 'index', 'one_name', 'destructive'],
  ])
  const all = await shop.repair({ destructive: true })
  assert.deepEqual([all.remaining, (await shop.drift()).differences], [[], []])
  assert.deepEqual(await shop.rows(), before)
})

test('rows that forbid a repair are named, all else is done', async t => {
  const shop = await shopOf(t)
  await shop.by('DROP INDEX users_visits_idx')
  if (dialect === 'postgres') {
    await shop.by('ALTER TABLE users DROP CONSTRAINT users_email_name_key')
    await shop.by('ALTER TABLE users DROP CONSTRAINT users_kind_check')
    await shop.by('ALTER TABLE users DROP CONSTRAINT users_team_id_fkey')
    await shop.by('ALTER TABLE users ALTER email DROP NOT NULL')
    await shop.by('ALTER TABLE users ALTER born TYPE text USING to_char(born, $$YYYY-MM-DD$$)')
  } else {
    const [{ sql }] = await shop.by("SELECT sql FROM sqlite_schema WHERE name = 'users'")
    const loose = sql
      .replace('"email" VARCHAR(50) NOT NULL', '"email" VARCHAR(50)')
      .replace('"born" DATE TEXT', '"born" TEXT')
      .replace(/,\s*CONSTRAINT "users_(email_name_key|kind_check|team_id_fkey)"[^\n]*(?=\n)/g, '')
      .replace('"users"', '"users_new"')
    await shop.by(loose.replace(/,\n\)/, '\n)'))
    await shop.by('INSERT INTO users_new SELECT * FROM users')
    await shop.by('DROP TABLE users')
    await shop.by('ALTER TABLE users_new RENAME TO users')
  }
  await shop.by(
    "INSERT INTO users (email, name, visits, kind, team_id, born) VALUES ('ada@x', 'Ada', 1, 'c', 99, 'soon')",
  )
  await shop.by("INSERT INTO users (email, name, visits, kind) VALUES (NULL, 'x', 1, 'a')")
  const before = await shop.by('SELECT * FROM users ORDER BY id')
  const report = await shop.repair({ destructive: true })
  assert.ok(report.repaired.some(({ name }) => name === 'users_visits_idx'))
  const rows = Object.fromEntries(report.remaining.map(({ object, rows, grade }) => [object, [grade, rows]]))
  assert.deepEqual(rows.nullable, ['blocked', { count: 1, keys: [5] }])
  assert.deepEqual(rows.unique, ['blocked', { count: 2, keys: [1, 4] }])
  assert.deepEqual(rows.check, ['blocked', { count: 1, keys: [4] }])
  assert.deepEqual(rows['foreign key'], ['blocked', { count: 1, keys: [4] }])
  assert.deepEqual(rows.column, ['blocked', { count: 1, keys: [4] }])
  assert.deepEqual(await shop.by('SELECT * FROM users ORDER BY id'), before)

  await shop.by('DELETE FROM users WHERE id > 3')
  const rest = await shop.repair({ destructive: true })
  assert.deepEqual([rest.remaining, (await shop.drift()).differences], [[], []])
})

test('a direction of plinth_history that this version does not know is an error, never an upgrade', async t => {
  const shop = await shopOf(t)
  await shop.by("UPDATE plinth_history SET direction = 'sideways'")
  const unreadable = { code: 'VALUE_UNREADABLE', table: 'plinth_history', found: 'sideways' }
  for (const call of [history, drift, repair]) await fails(() => call(shop.options), unreadable)
})

test('an open database repairs itself, and takes what repair() takes', async t => {
  const shop = await shopOf(t, false)
  const db = open({ models: people, url: shop.url })
  t.after(() => db.close())
  await db.sql`DROP INDEX users_visits_idx`
  assert.equal((await db.repair({ plan: true })).steps.length, 1)
  assert.equal((await db.repair()).outcome, 'repaired')
  assert.equal(
    (await fixSchema({ ...shop.options, db, url: undefined, models: undefined, cwd: undefined })).outcome,
    'nothing',
  )
  await fails(() => db.repair({ plans: true }), { code: 'UNKNOWN_OPTION' })
  await fails(() => db.repair({ rename: 'x' }), { code: 'CHOICE_INVALID' })
  await fails(() => db.repair({ rename: { 'users.nope': 'users.name' } }), { code: 'CHOICE_INVALID', table: 'users' })
  await fails(() => db.repair({ recreate: ['nowhere.name'] }), { code: 'CHOICE_INVALID' })
})

test('what a destructive repair takes away is kept, and comes back by its number', async t => {
  const shop = await shopOf(t)
  await shop.by('ALTER TABLE users ADD COLUMN stray text')
  await shop.by("UPDATE users SET stray = 'secret of ' || name")
  const place = { url: shop.url, cwd: shop.cwd, models: people }
  const stray = () => shop.by('SELECT id, stray FROM users ORDER BY id')
  const before = await stray()

  const unkept = await shop.repair({ destructive: true, plan: true, keep: true })
  assert.deepEqual(unkept.kept, [])
  assert.deepEqual((await kept(place)).kept, [])
  const report = await shop.repair({ destructive: true, keep: true })
  const [{ number, what, rows }] = report.kept
  assert.deepEqual([report.kept.length, what, rows], [1, 'users.stray', 3])
  assert.deepEqual((await shop.drift()).differences, [])
  assert.ok(!JSON.stringify(report).includes('secret of'))

  await restoreKept({ ...place, number })
  assert.deepEqual(await stray(), before)
  await shop.repair({ destructive: true, keep: false })
  assert.equal((await kept(place)).kept.length, 1)

  await shop.by('ALTER TABLE users ADD COLUMN stray text')
  await shop.by("UPDATE users SET stray = 'a long text'")
  const error = { code: 'KEEP_REFUSED', table: 'users' }
  await fails(() => shop.repair({ destructive: true, keep: { maxBytes: 1 } }), error)
  assert.equal((await stray()).length, 3)
})
