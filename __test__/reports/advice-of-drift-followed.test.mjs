// Objects that a person or a restore has made exist before the revision that adds them: they count as made by it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, drift, index, kept, model, repair, restoreKept, schema, unique, upgrade } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const users = (more = {}, extras) =>
  schema({ users: model('users', { id: c.id(), name: c.text(), visits: c.integer().default(0), ...more }, extras) })

/** A workshop with the first revision and a row. */
async function began(t, models) {
  const shop = await workshop(t)
  await shop.write(models, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(models, db => db.users.create({ name: 'Ada' }))
  const options = { url: shop.url, migrations: shop.migrations, cwd: shop.cwd }
  return { ...shop, options, sql: text => shop.using(models, db => raw(db, text)) }
}

const directions = async shop => (await shop.history()).log.map(({ direction }) => direction)

const [integer, text] = dialect === 'sqlite' ? ['INTEGER', 'TEXT'] : ['bigint', 'text COLLATE "C"']

/** What is added by hand, and the models that follow the advice of drift. */
const ADDED = {
  'a column': [`ALTER TABLE users ADD COLUMN stray ${integer}`, users({ stray: c.integer().nullable() })],
  'a column with a default': [
    `ALTER TABLE users ADD COLUMN stray ${text} NOT NULL DEFAULT 'a'`,
    users({ stray: c.text().default('a') }),
  ],
  'an index': ['CREATE INDEX users_name_idx ON users (name)', users({}, t => [index(t.name)])],
  'a unique index': ['CREATE UNIQUE INDEX once ON users (name)', users({}, t => [index(t.name).unique().name('once')])],
  ...(dialect === 'postgres' && {
    'a constraint': [
      'ALTER TABLE users ADD CONSTRAINT once UNIQUE (name)',
      users({}, t => [unique(t.name).name('once')]),
    ],
    'a column that may not be NULL by now': [
      'ALTER TABLE users ADD COLUMN stray bigint; UPDATE users SET stray = 7; ALTER TABLE users ALTER stray SET NOT NULL; ALTER TABLE users ALTER stray SET DEFAULT 7',
      users({ stray: c.integer().default(7) }),
    ],
  }),
}
/** Changes that PostgreSQL makes in place by hand, and the models that follow. */
const CHANGED = dialect === 'postgres' && {
  'a default': ['ALTER TABLE users ALTER visits SET DEFAULT 5', { visits: c.integer().default(5) }],
  'a column that may be NULL': ['ALTER TABLE users ALTER name DROP NOT NULL', { name: c.text().nullable() }],
  'another type': [
    'ALTER TABLE users ALTER visits DROP DEFAULT; ALTER TABLE users ALTER visits TYPE text COLLATE "C" USING visits::text',
    { visits: c.text() },
  ],
  'a column and a default': [
    'ALTER TABLE users ALTER visits SET DEFAULT 5; ALTER TABLE users ADD COLUMN stray bigint',
    { visits: c.integer().default(5), stray: c.integer().nullable() },
  ],
}

for (const [what, [sql, more]] of Object.entries(CHANGED || {})) {
  test(`${what} that was changed by hand and is declared then passes its revision`, async t => {
    const shop = await began(t, users())
    for (const statement of sql.split('; ')) await shop.sql(statement)
    const { differences } = await drift({ ...shop.options, models: users() })
    assert.ok(differences.every(({ model }) => model !== null))
    const before = await shop.sql('SELECT * FROM users')
    await shop.write(users(more), 'keep', { prove: false })
    assert.equal((await shop.upgrade()).applied.length, 1)
    assert.deepEqual(await shop.sql('SELECT * FROM users'), before)
    assert.deepEqual((await drift({ ...shop.options, models: users(more) })).differences, [])
  })
}

for (const [what, [sql, models]] of Object.entries(ADDED)) {
  test(`${what} that was added by hand and is declared then counts as made by its revision`, async t => {
    const shop = await began(t, users())
    for (const statement of sql.split('; ')) await shop.sql(statement)
    const { differences } = await drift({ ...shop.options, models: users() })
    for (const { fix, model: line } of differences)
      assert.match(fix, /declare `.*plinth revision. and .plinth upgrade/, `${fix} ${line}`)
    const before = await shop.sql('SELECT * FROM users')
    await shop.write(models, 'keep', { prove: false })
    const { applied, adopted } = await shop.upgrade()
    assert.deepEqual([applied.length, applied[0].adopted, adopted], [1, true, false])
    assert.deepEqual(await shop.sql('SELECT * FROM users'), before)
    assert.deepEqual((await drift({ ...shop.options, models })).differences, [])
    assert.deepEqual(await directions(shop), ['up', 'stamp'])
    // The revision is one like any other from here on.
    assert.equal((await shop.upgrade()).applied.length, 0)
    assert.equal((await shop.downgrade()).reverted[0].adopted, undefined)
    assert.equal((await shop.upgrade()).applied[0].adopted, undefined)
  })
}

const extra = { extra: model('extra', { id: c.id(), text: c.text() }, t => [index(t.text)]) }
const whole = schema({ ...users({ phone: c.text().nullable() }).models, ...extra })

/** A database that has lost a column and a table by its second revision, and has them again by restore. */
async function restored(t, before = whole, fill = { phone: '555' }) {
  const shop = await began(t, before)
  await shop.using(before, async db => {
    await db.users.update(1, fill)
    await db.extra.createMany([{ text: 'a' }, { text: 'b' }])
  })
  await shop.write(users(), 'drop', { prove: false })
  await shop.upgrade('head', { keep: true })
  const { kept: entries } = await kept({ url: shop.url })
  assert.equal((await restoreKept({ url: shop.url, number: entries.map(({ number }) => number) })).rows, 3)
  return { ...shop, before, numbers: entries.map(({ number }) => number) }
}

const content = (shop, models) =>
  shop.using(models, async db => [await db.users.list(), await db.extra.list({ orderBy: { id: 'asc' } })])

const ROWS = [
  [{ id: 1, name: 'Ada', visits: 0, phone: '555' }],
  [
    { id: 1, text: 'a' },
    { id: 2, text: 'b' },
  ],
]

test('a downgrade finds what restore has made again, and a later restore leaves changed rows alone', async t => {
  const shop = await restored(t)
  await shop.sql("UPDATE users SET phone = '556'")
  const { reverted } = await shop.downgrade()
  assert.deepEqual([reverted.length, reverted[0].adopted], [1, true])
  assert.deepEqual(await directions(shop), ['up', 'up', 'unstamp'])
  assert.deepEqual((await drift({ ...shop.options, models: whole })).differences, [])
  await fails(() => restoreKept({ url: shop.url, number: shop.numbers }), {
    code: 'RESTORE_REFUSED',
    message: /another phone/,
  })
  await shop.sql("UPDATE users SET phone = '555'")
  assert.deepEqual(await content(shop, whole), ROWS)
  assert.equal((await shop.upgrade('head', { keep: true })).applied[0].adopted, undefined)
})

for (const way of ['upgrade', 'init']) {
  test(`models that have again what restore made lead to a revision that ${way} finds done`, async t => {
    const shop = await restored(t)
    await shop.write(whole, 'again', { prove: false })
    const report = way === 'init' ? await shop.init(whole) : await shop.upgrade()
    const ran = way === 'init' ? report.migrated : report.applied
    assert.deepEqual([ran.length, ran[0].adopted], [1, true])
    assert.deepEqual(await content(shop, whole), ROWS)
    assert.deepEqual((await drift({ ...shop.options, models: whole })).differences, [])
  })
}

test('twenty starts at once give one result', async t => {
  const shop = await restored(t)
  await shop.write(whole, 'again', { prove: false })
  const reports = await Promise.all(Array.from({ length: 20 }, () => shop.init(whole, { timeout: 60_000 })))
  const ran = reports.flatMap(({ migrated }) => migrated)
  assert.deepEqual([ran.length, ran[0].adopted], [1, true])
  assert.deepEqual(await directions(shop), ['up', 'up', 'stamp'])
  assert.deepEqual(await content(shop, whole), ROWS)
})

test('a revision of which only a part exists is refused whole, and both ways of its hint work', async t => {
  for (const way of ['stamp', 'drop']) {
    const shop = await began(t, users())
    await shop.sql(`ALTER TABLE users ADD COLUMN a ${text}`)
    await shop.sql("UPDATE users SET a = 'by hand'")
    const both = users({ a: c.text().nullable(), b: c.text().nullable() })
    const { version } = (await shop.write(both, 'both', { prove: false })).revisions[0]
    const error = await fails(() => shop.upgrade(), {
      code: 'ADOPTION_REFUSED',
      table: 'users',
      message: /adds the column users\.a, which exists already.*\n- the column `users.b` is missing$/,
      hint: new RegExp(`Nothing was changed.*plinth stamp ${version}.*plinth repair.*plinth repair --destructive`),
    })
    assert.deepEqual(
      error.problems.map(({ message }) => message),
      ['the column `users.b` is missing'],
    )
    assert.deepEqual(await directions(shop), ['up'])
    if (way === 'stamp') {
      await shop.stamp(version)
      assert.deepEqual((await repair({ ...shop.options, models: both })).remaining, [])
      assert.deepEqual((await shop.using(both, db => db.users.list()))[0], {
        id: 1,
        name: 'Ada',
        visits: 0,
        a: 'by hand',
        b: null,
      })
    } else {
      const dropped = await repair({ ...shop.options, models: both, destructive: true, keep: true })
      assert.deepEqual([dropped.remaining, dropped.kept.length], [[], 1])
      await shop.upgrade()
      await restoreKept({ url: shop.url, number: dropped.kept[0].number })
      assert.equal((await shop.using(both, db => db.users.get(1))).a, 'by hand')
    }
    assert.deepEqual((await drift({ ...shop.options, models: both })).differences, [])
  }
})

test('a step that changes rows or drops something never counts as done', async t => {
  const shop = await began(t, users({ gone: c.text().nullable() }))
  await shop.sql(`ALTER TABLE users ADD COLUMN stray ${integer}`)
  const models = users({ stray: c.integer().nullable() })
  await shop.write(models, 'more', { prove: false, drop: ['users.gone'] })
  await fails(() => shop.upgrade(), {
    code: 'ADOPTION_REFUSED',
    message: /users\.stray, which exists already\. (The database is not|It also does more)/,
    hint: /write two: first one that only adds what exists/,
  })
  await shop.using(users({ gone: c.text().nullable() }), db => db.users.list())
})

test('a column that restore has made again with NOT NULL to come is refused with ways that work', async t => {
  const before = schema({ ...users({ phone: c.text() }).models, ...extra })
  for (const way of ['downgrade', 'upgrade']) {
    const shop = await workshop(t)
    const options = { url: shop.url, migrations: shop.migrations, cwd: shop.cwd }
    await shop.write(before, 'first', { prove: false })
    await shop.upgrade()
    await shop.using(before, db => db.users.create({ name: 'Ada', phone: '555' }))
    const backfill = { 'users.phone': "''" }
    await shop.write(schema({ ...users().models, ...extra }), 'drop', { prove: false, backfill })
    await shop.upgrade('head', { keep: true })
    await restoreKept({ url: shop.url, number: 1 })
    if (way === 'upgrade') await shop.write(before, 'again', { prove: false, backfill })
    const error = await fails(() => (way === 'upgrade' ? shop.upgrade() : shop.downgrade()), {
      code: 'ADOPTION_REFUSED',
      message: /adds the column users\.phone, which exists already/,
    })
    const [, version] = /plinth stamp (\S+)`/.exec(error.hint)
    await shop.stamp(version)
    assert.deepEqual((await repair({ ...options, models: before })).remaining, [], error.hint)
    assert.deepEqual((await drift({ ...options, models: before })).differences, [])
    assert.equal((await shop.using(before, db => db.users.get(1))).phone, '555')
    await shop.upgrade()
  }
})

test('a constraint that was added together with a column is not passed over', async t => {
  const shop = await began(t, users())
  await shop.sql(`ALTER TABLE users ADD COLUMN stray ${integer} CHECK (stray > 0)`)
  await shop.write(users({ stray: c.integer().nullable() }), 'keep', { prove: false })
  await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', table: 'users', message: /stray > 0/ })
  await shop.sql('UPDATE users SET stray = 5')
  assert.deepEqual(await shop.sql('SELECT stray FROM users'), [{ stray: 5 }])
})

test('a unique index that no model declares is not passed over', async t => {
  const shop = await began(t, users())
  await shop.sql(`ALTER TABLE users ADD COLUMN stray ${integer}`)
  await shop.sql('CREATE UNIQUE INDEX once ON users (stray)')
  await shop.write(users({ stray: c.integer().nullable() }), 'keep', { prove: false })
  await fails(() => shop.upgrade(), { code: 'ADOPTION_REFUSED', table: 'users', message: /once/ })
})

test('a revision that makes an existing index anew with its table runs', { skip: dialect !== 'sqlite' }, async t => {
  const shop = await began(t, users({ code: c.integer().default(1) }))
  await shop.sql('CREATE INDEX users_name_idx ON users (name)')
  const models = users({ code: c.integer().default(1).unique() }, t => [index(t.name)])
  await shop.write(models, 'more', { prove: false })
  const { applied } = await shop.upgrade()
  assert.deepEqual([applied.length, applied[0].adopted], [1, undefined])
  assert.deepEqual((await drift({ ...shop.options, models })).differences, [])
})

test('a table of another schema does not count as made', { skip: dialect !== 'postgres' }, async t => {
  const shop = await began(t, users())
  await shop.sql('CREATE SCHEMA tenant')
  await shop.sql('CREATE TABLE users_seen (id bigint)')
  const models = schema({ ...users().models, usersSeen: model('usersSeen', { id: c.id() }) })
  await shop.write(models, 'seen', { prove: false })
  const url = `${shop.url}${shop.url.includes('?') ? '&' : '?'}search_path=tenant,public`
  const { applied } = await upgrade({ ...shop.options, url })
  assert.deepEqual([applied.length, applied[0].adopted], [1, undefined])
  assert.deepEqual(
    await shop.sql("SELECT schemaname::text AS place FROM pg_tables WHERE tablename = 'users_seen' ORDER BY 1"),
    [{ place: 'public' }, { place: 'tenant' }],
  )
})

test('values that the declared column cannot hold are refused', { skip: dialect !== 'sqlite' }, async t => {
  const shop = await began(t, users())
  await shop.sql('ALTER TABLE users ADD COLUMN seen TIMESTAMP TEXT')
  await shop.sql("UPDATE users SET seen = 'yesterday'")
  const models = users({ seen: c.timestamp().nullable() })
  await shop.write(models, 'keep', { prove: false })
  await fails(() => shop.upgrade(), { code: 'ROWS_REFUSED', table: 'users', columns: ['seen'], message: /id.* 1/ })
  await shop.sql("UPDATE users SET seen = '2026-01-01T00:00:00.000Z'")
  assert.equal((await shop.upgrade()).applied[0].adopted, true)
})
