// Drift: the live database against what its revisions or its models say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, drift, healthHandler, index, model, open, schema, unique, validate } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { decisions, first, plain, second, workshop } from '../support/migrations.mjs'
import { folder } from '../support/project.mjs'

const people = schema({
  teams: model('teams', { id: c.id(), name: c.text().unique() }),
  users: model(
    'users',
    {
      id: c.id(),
      email: c.text({ max: 50 }),
      name: c.text().default('nobody'),
      visits: c.integer().default(0),
      teamId: c.integer().nullable().references('teams.id', { onDelete: 'cascade' }),
    },
    t => [index(t.visits), unique(t.email, t.name), check('visits >= 0')],
  ),
})

const seen = ({ differences }) => differences.map(({ table, object, name, grade }) => [table, object, name, grade])

/** A shop whose database is at the models' first revision, or has no revisions. */
async function shopOf(t, models, revisions) {
  const shop = await workshop(t)
  if (revisions) await shop.write(models, 'first')
  await shop.init(models, revisions ? {} : { migrations: false })
  const options = { models, url: shop.url, cwd: shop.cwd, ...(revisions && { migrations: shop.migrations }) }
  return { ...shop, drift: () => drift(options) }
}

for (const revisions of [true, false]) {
  const by = revisions ? 'revisions' : 'models'

  test(`a database that only Plinth touched has no drift, by its ${by}`, async t => {
    const shop = await shopOf(t, people, revisions)
    const report = await shop.drift()
    assert.deepEqual(report.differences, [])
    assert.deepEqual([report.against, report.dialect, report.ahead], [by, dialect, []])
    assert.deepEqual(report.grades, { safe: 0, missingData: 0, destructive: 0, blocked: 0 })
    assert.ok(report.foreign.some(({ what, name }) => what === 'a table of Plinth' && name === 'plinth_shape'))
  })

  test(`hand-made changes are found, each with its grade, by the ${by}`, async t => {
    const shop = await shopOf(t, people, revisions)
    await shop.using(people, async db => {
      await db.users.create({ email: 'a@x' })
      await db.sql`ALTER TABLE users ADD COLUMN stray integer`
      await db.sql`DROP INDEX users_visits_idx`
      await db.sql`CREATE INDEX of_others ON users (name)`
      await db.sql`CREATE UNIQUE INDEX one_name ON users (name)`
      await db.sql`CREATE TABLE notes (id integer PRIMARY KEY)`
    })
    const report = await shop.drift()
    assert.deepEqual(seen(report), [
      ['users', 'column', 'stray', 'destructive'],
      ['users', 'index', 'one_name', 'destructive'],
      ['users', 'index', 'users_visits_idx', 'safe'],
    ])
    for (const { message, why, fix, table } of report.differences) assert.ok(message.includes(table) && why && fix)
    assert.match(report.differences[0].model, /^stray: c\.(integer|int32)\(\)\.nullable\(\)$/)
    const foreign = report.foreign.map(({ name }) => name)
    for (const name of ['of_others', 'notes']) assert.ok(foreign.includes(name), name)
  })

  test(`what is gone is missing data, and what looks like it is named, by the ${by}`, async t => {
    const shop = await shopOf(t, people, revisions)
    await shop.using(people, async db => {
      await db.sql`ALTER TABLE users RENAME COLUMN visits TO seen`
      await db.sql`ALTER TABLE teams RENAME TO groups`
    })
    const { differences } = await shop.drift()
    const of = (object, name) => differences.find(it => it.object === object && it.name === name)
    const table = differences.find(it => it.object === 'table')
    assert.deepEqual([table.table, table.grade, table.alike], ['teams', 'missing-data', ['groups']])
    assert.equal(of('column', 'visits').grade, 'missing-data')
    assert.deepEqual(of('column', 'visits').alike, ['seen'])
  })
}

test('without revisions, what the models have gained since is safe', async t => {
  const shop = await shopOf(t, plain('a'), false)
  const more = schema({
    a: model('a', { id: c.id(), text: c.text().nullable(), extra: c.text().nullable(), must: c.integer() }),
    b: model('b', { id: c.id() }),
  })
  const report = await drift({ models: more, url: shop.url })
  assert.deepEqual(seen(report), [
    ['a', 'column', 'extra', 'safe'],
    ['a', 'column', 'must', 'blocked'],
    ['b', 'table', null, 'safe'],
  ])
  await shop.using(plain('a'), db => db.sql`ALTER TABLE a DROP COLUMN text`)
  const gone = (await drift({ models: more, url: shop.url })).differences.find(it => it.name === 'text')
  assert.equal(gone.grade, 'missing-data')
})

test('each revision up and down leaves no drift, and the database is compared with its own revisions', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.write(second, 'second', decisions)
  const at = () => drift({ models: second, url: shop.url, cwd: shop.cwd, migrations: shop.migrations })
  await shop.upgrade('+1')
  assert.deepEqual(seen(await at()), [])
  await shop.upgrade()
  assert.deepEqual(seen(await at()), [])
  await shop.downgrade('-1')
  assert.deepEqual(seen(await at()), [])
  await shop.stamp('head')
  assert.ok((await at()).differences.length > 3)
  await shop.stamp('+0').catch(() => {})
})

test('after all revisions are taken back nothing is expected, until the models make tables again', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.upgrade()
  await shop.downgrade('base')
  const options = { models: first, url: shop.url, cwd: shop.cwd }
  const report = await drift({ ...options, migrations: shop.migrations })
  assert.deepEqual([report.against, report.current, seen(report)], ['revisions', null, []])
  assert.deepEqual((await shop.status()).drift, { safe: 0, missingData: 0, destructive: 0, blocked: 0 })
  await shop.init(first, { migrations: false })
  const again = await drift({ ...options, cwd: folder(t) })
  assert.deepEqual([again.against, seen(again)], ['models', []])
  assert.match((await shop.status()).driftUnknown, /compares with the models/)
})

test('of a database that was never initialised only known facts are reported', async t => {
  const shop = await workshop(t)
  await shop.using(plain('other'), db => db.sql`CREATE TABLE other (id integer)`)
  const { differences } = await drift({ models: plain('a'), url: shop.url, cwd: shop.cwd })
  assert.deepEqual(
    differences.map(({ table, grade, why }) => [table, grade, why]),
    [['a', 'safe', 'The models declare the table, and no record shows that it ever existed here.']],
  )
})

test('a release that does not know the newest revisions compares with them all the same', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const older = await workshop(t)
  await shop.write(second, 'second', decisions)
  await shop.upgrade()
  const report = await drift({ models: first, url: shop.url, cwd: older.cwd, migrations: older.migrations })
  assert.deepEqual(seen(report), [])
  assert.equal(report.ahead.length, 2)
  await shop.using(second, db => db.sql`ALTER TABLE labels ADD COLUMN stray integer`)
  const again = await drift({ models: first, url: shop.url, cwd: older.cwd, migrations: older.migrations })
  assert.deepEqual(seen(again), [['labels', 'column', 'stray', 'destructive']])
})

test('status tells the grades, and keeps its answer; nothing is known without what is stored', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  const before = await shop.status()
  assert.equal(before.drift, null)
  assert.ok(before.driftUnknown)
  await shop.upgrade()
  assert.deepEqual((await shop.status()).drift, { safe: 0, missingData: 0, destructive: 0, blocked: 0 })
  await shop.using(first, db => db.sql`ALTER TABLE users ADD COLUMN stray integer`)
  const after = await shop.status()
  assert.deepEqual(after.drift, { safe: 0, missingData: 0, destructive: 1, blocked: 0 })
  assert.deepEqual([after.pending, after.problems], [[], []])
  await shop.using(first, db => db.sql`DROP TABLE plinth_shape`)
  const unknown = await shop.status()
  assert.equal(unknown.drift, null)
  assert.match(unknown.driftUnknown, /plinth init/)
  // drift itself makes it anew, and init stores it.
  const options = { models: first, url: shop.url, cwd: shop.cwd, migrations: shop.migrations }
  assert.equal((await drift(options)).differences.length, 1)
  await shop.init(first)
  assert.equal((await shop.status()).drift.destructive, 1)
})

test('what another major version of the server stored is not compared, and init stores it anew', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.upgrade()
  const servers = () => shop.using(first, db => db.sql`SELECT DISTINCT server FROM plinth_shape`)
  const before = await servers()
  // As the other version would have written it: the same columns, other words.
  await shop.using(first, db => db.sql`UPDATE plinth_shape SET server = server + 3, shape = replace(shape, '(', '((')`)
  const options = { models: first, url: shop.url, cwd: shop.cwd, migrations: shop.migrations }
  for (const look of ['first', 'second']) {
    const unknown = await shop.status()
    assert.equal(unknown.drift, null, look)
    assert.match(unknown.driftUnknown, /another major version of the server.*plinth init/)
    // Drift makes it anew for itself, and stores nothing.
    assert.deepEqual((await drift(options)).differences, [])
  }
  await shop.using(first, db => db.sql`ALTER TABLE users DROP COLUMN phone`)
  assert.deepEqual(seen(await drift(options)), [['users', 'column', 'phone', 'missing-data']])
  await shop.init(first)
  assert.deepEqual((await shop.status()).drift, { safe: 0, missingData: 1, destructive: 0, blocked: 0 })
  assert.deepEqual(await servers(), before)
})

test('db.drift() and validate() are the same', async t => {
  const shop = await shopOf(t, people, false)
  const db = shop.open(people)
  await db.sql`ALTER TABLE users ADD COLUMN stray integer`
  const expected = [['users', 'column', 'stray', 'destructive']]
  assert.deepEqual(seen(await db.drift()), expected)
  assert.deepEqual(seen(await drift({ db })), expected)
  assert.deepEqual(seen(await validate({ db })), expected)
  await fails(() => drift({ dbs: db }), { code: 'UNKNOWN_OPTION' })
  await fails(() => db.transaction(() => db.drift()), { code: 'OUTER_DB_IN_TRANSACTION' })
})

test('a database that does not exist is not drift, and is not created', async t => {
  if (dialect === 'sqlite') {
    await fails(() => drift({ models: people, url: 'sqlite:///./none/at/all.db' }), { code: 'CANNOT_OPEN' })
  } else {
    const url = new URL(await newUrl(t))
    url.pathname = '/no_such_database'
    await fails(() => drift({ models: people, url: url.href }), { code: 'UNKNOWN_DATABASE' })
  }
})

test('the health handler compares in the background, and fails only on request', async t => {
  const shop = await shopOf(t, people, false)
  const db = open({ models: people, url: shop.url })
  t.after(() => db.close())
  const ask = async handler => {
    const response = await handler(new Request('http://x/health'))
    return [response.status, await response.json()]
  }
  const until = async (handler, wanted) => {
    for (const end = Date.now() + 10_000; Date.now() < end; await new Promise(r => setTimeout(r, 20))) {
      const answer = await ask(handler)
      if (wanted(answer[1])) return answer
    }
    throw new Error('It never came.')
  }
  assert.equal('drift' in (await ask(healthHandler(db)))[1], false)
  const told = healthHandler(db, { drift: { everyMs: 20 } })
  const [early, first] = await ask(told)
  assert.deepEqual([early, first.drift, first.driftUnknown], [200, null, 'No comparison has ended yet.'])
  const [status, body] = await until(told, ({ drift }) => drift !== null)
  assert.deepEqual([status, body.status, body.drift.safe, body.driftUnknown], [200, 'ok', 0, undefined])
  await db.sql`ALTER TABLE users ADD COLUMN stray integer`
  const [still] = await until(told, ({ drift }) => drift?.destructive === 1)
  assert.equal(still, 200)
  const strict = healthHandler(db, { drift: { everyMs: 20 }, failOnDrift: 'destructive' })
  const [failed, { status: word }] = await until(strict, ({ drift }) => drift?.destructive === 1)
  assert.deepEqual([failed, word], [503, 'drift'])
  await db.sql`ALTER TABLE users DROP COLUMN stray`
  await db.sql`DROP INDEX users_visits_idx`
  assert.equal((await until(strict, ({ drift }) => drift?.safe === 1))[0], 200)
  const any = healthHandler(db, { drift: { everyMs: 20 }, failOnDrift: 'any' })
  assert.equal((await until(any, ({ drift }) => drift?.safe === 1))[0], 503)
  await db.sql`DROP TABLE users`
  assert.equal((await until(strict, ({ drift }) => drift?.missingData === 1))[0], 503)
  await db.sql`DROP TABLE plinth_shape`
  const [unknown, { drift: none, driftUnknown }] = await until(any, ({ drift }) => drift === null)
  assert.deepEqual([unknown, none], [200, null])
  assert.match(driftUnknown, /plinth init/)
  await fails(async () => healthHandler(db, { failOnDrift: 'any' }), { code: 'QUERY_INVALID' })
  await fails(async () => healthHandler(db, { drift: {} }), { code: 'QUERY_INVALID' })
})

test('while a revision is half done, nothing else changes the tables, and its changes are not drift', async t => {
  const shop = await workshop(t)
  await shop.write(first, 'first')
  await shop.upgrade()
  const { revisions } = await shop.write(second, 'second', decisions)
  const [{ version }] = revisions
  await shop.using(first, async db => {
    await db.sql`INSERT INTO plinth_steps (revision, checksum, direction, step) VALUES (${version}, 'x', 'up', 2)`
    await db.sql`ALTER TABLE users ADD COLUMN stray integer`
  })
  const refused = { code: 'REVISION_UNFINISHED', message: new RegExp(version) }
  for (const verb of ['upgrade', 'stamp']) await fails(() => shop[verb]('head'), refused)
  await fails(() => shop.downgrade('-1'), refused)
  await fails(() => shop.init(second), refused)
  assert.equal((await shop.status()).problems[0].code, 'REVISION_UNFINISHED')
  const report = await drift({ models: second, url: shop.url, cwd: shop.cwd, migrations: shop.migrations })
  assert.deepEqual([report.unfinished, seen(report)], [version, []])
  await shop.using(first, db => db.sql`DELETE FROM plinth_steps`)
  const after = await drift({ models: second, url: shop.url, cwd: shop.cwd, migrations: shop.migrations })
  assert.deepEqual([after.unfinished, seen(after)], [null, [['users', 'column', 'stray', 'destructive']]])
})
