// Existing rows get the default of a column: random UUIDs of version 7 without a question, other
// defaults where NULL ends, and an expression of its own on each database.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, kept, model, restoreKept, schema, unique } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const byId = { orderBy: { id: 'asc' } }
const things = (columns, extras) => schema({ things: model('things', { id: c.id(), ...columns }, extras) })
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const other = dialect === 'sqlite' ? 'postgres' : 'sqlite'

/** A database at these models, with rows. */
async function begun(t, models, rows) {
  const shop = await workshop(t)
  await shop.write(models, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(models, db => db.things.createMany(rows))
  const file = (report, name) => readFileSync(join(report.revisions[0].folder, `${name}.${dialect}.sql`), 'utf8')
  return { ...shop, file, rows: now => shop.using(now, db => db.things.list(byId)) }
}

/** The moment in a UUID of version 7. */
const momentOf = uuid => Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)

function areRandom(uuids) {
  for (const uuid of uuids) assert.match(uuid, VERSION_7)
  assert.equal(new Set(uuids).size, uuids.length, 'each row has its own')
  for (const uuid of uuids) assert.ok(Math.abs(Date.now() - momentOf(uuid)) < 600_000, `${uuid} is of now`)
}

const named = things({ name: c.text() })
const tokens = things({
  name: c.text(),
  token: c.uuid().unique().defaultRandom(),
  tag: c.uuid().nullable().defaultRandom(),
})

test('a new column with a random default needs no question: each row gets a UUID of its own, there and back', async t => {
  const shop = await begun(t, named, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  const report = await shop.write(tokens, 'tokens')
  assert.equal(report.revisions[0].proven[dialect], true)
  assert.equal(report.revisions[0].unseeded, undefined)
  assert.ok(report.revisions[0].operations.some(line => line.endsWith('rows get a random UUID each')))
  const seen = []
  for (let round = 0; round < 2; round += 1) {
    await shop.upgrade()
    const rows = await shop.rows(tokens)
    assert.deepEqual(
      rows.map(row => row.name),
      ['a', 'b', 'c'],
    )
    seen.push(...rows.flatMap(row => [row.token, row.tag]))
    await shop.downgrade()
  }
  areRandom(seen)
  assert.equal(seen.length, 12)
  await shop.upgrade()
  await shop.using(tokens, async db => {
    const { token } = await db.things.create({ name: 'd' })
    assert.match(token, VERSION_7)
    assert.equal((await db.things.find({ where: { token } })).name, 'd', 'stored as a filter reads it')
    const first = await db.things.get(1)
    assert.equal((await db.things.find({ where: { token: first.token } })).id, 1)
  })
  assert.equal((await shop.write(tokens, 'again')).outcome, 'nothing')
  const { safe, destructive } = (await shop.status()).drift
  assert.deepEqual([safe, destructive], [0, 0])
})

test('100,000 rows get 100,000 UUIDs in a unique column', async t => {
  const shop = await begun(t, named, [{ name: 'a' }])
  const more =
    dialect === 'sqlite'
      ? "INSERT INTO things (name) WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 100000) SELECT 'x' FROM n"
      : "INSERT INTO things (name) SELECT 'x' FROM generate_series(2, 100000)"
  await shop.using(named, db => raw(db, more))
  await shop.write(tokens, 'tokens', { prove: false })
  await shop.upgrade()
  await shop.using(tokens, async db => {
    const [{ n }] = await raw(db, 'SELECT count(DISTINCT token) AS n FROM things')
    assert.equal(Number(n), 100_000)
    const [{ odd }] = await raw(
      db,
      "SELECT count(*) AS odd FROM things WHERE substr(CAST(token AS text), 15, 1) <> '7' OR length(CAST(token AS text)) <> 36",
    )
    assert.equal(Number(odd), 0)
  })
})

test('a random column that becomes the primary key', async t => {
  const shop = await begun(t, named, [{ name: 'a' }, { name: 'b' }])
  const now = schema({ things: model('things', { key: c.uuid().primaryKey().defaultRandom(), name: c.text() }) })
  await shop.write(now, 'keys', { drop: ['things.id'] })
  await shop.upgrade()
  const rows = await shop.using(now, db => db.things.list({ orderBy: { name: 'asc' } }))
  areRandom(rows.map(row => row.key))
  assert.deepEqual(
    rows.map(row => row.name),
    ['a', 'b'],
  )
})

test('a random column that points to rows is asked for: no row has a random key', async t => {
  const owners = model('owners', { key: c.uuid().primaryKey() })
  const shop = await workshop(t)
  const before = schema({ owners, things: model('things', { id: c.id() }) })
  const now = schema({
    owners,
    things: model('things', { id: c.id(), owner: c.uuid().defaultRandom().references('owners.key') }),
  })
  await shop.write(before, 'first')
  const error = await fails(() => shop.write(now, 'second'), { code: 'DECISION_REQUIRED' })
  assert.deepEqual(error.questions, [{ question: 'backfill', table: 'things', column: 'owner', kind: 'uuid' }])
  await fails(() => shop.write(now, 'second', { backfill: { 'things.owner': 'default' } }), {
    code: 'CHOICE_INVALID',
    table: 'things',
    columns: ['owner'],
    message: /points to rows, and no row has a random key/,
    hint: /--backfill "things\.owner=<SQL expression>"/,
  })
})

test('`default` of a dropped random column is refused: revisions do not record that it was random', async t => {
  const shop = await workshop(t)
  await shop.write(things({ name: c.text(), token: c.uuid().defaultRandom() }), 'first')
  const choices = { drop: ['things.token'], backfill: { 'things.token': 'default' } }
  await fails(() => shop.write(named, 'second', choices), {
    code: 'CHOICE_INVALID',
    table: 'things',
    columns: ['token'],
    message: /no default, or a random one: revisions do not record \.defaultRandom\(\)/,
    hint: /--backfill "things\.token=<SQL expression>"/,
  })
})

/** A column of each kind with a default, and what rows get. */
const KINDS = {
  text: [c.text().default("it's"), "it's"],
  short: [c.text({ max: 5 }).lowercase().default('x'), 'x'],
  whole: [c.integer().default(7), 7],
  small: [c.int32().default(-7), -7],
  large: [c.bigint().default(9007199254740993n), 9007199254740993n],
  real: [c.real().default(0.5), 0.5],
  price: [c.decimal(8, 2).default('1.50'), '1.50'],
  flag: [c.boolean().default(true), true],
  mood: [c.enum('mood', ['good', 'bad']).default('bad'), 'bad'],
  data: [c.json().default({ a: [1, null] }), { a: [1, null] }],
  bytes: [c.bytes().default(new Uint8Array([0, 255])), new Uint8Array([0, 255])],
  key: [c.uuid().default('01890a5d-ac96-474b-bcce-b302099a8057'), '01890a5d-ac96-474b-bcce-b302099a8057'],
}
const WITHOUT = {
  text: c.text(),
  short: c.text({ max: 5 }).lowercase(),
  whole: c.integer(),
  small: c.int32(),
  large: c.bigint(),
  real: c.real(),
  price: c.decimal(8, 2),
  flag: c.boolean(),
  mood: c.enum('mood', ['good', 'bad']),
  data: c.json(),
  bytes: c.bytes(),
  key: c.uuid(),
  at: c.timestamp(),
  day: c.date(),
  token: c.uuid(),
}

test('where NULL ends the first answer is the default of the model, of every kind', async t => {
  const old = things(Object.fromEntries(Object.entries(WITHOUT).map(([name, column]) => [name, column.nullable()])))
  const now = things({
    ...Object.fromEntries(Object.entries(KINDS).map(([name, [column]]) => [name, column])),
    at: c.timestamp().defaultNow(),
    day: c.date().defaultNow(),
    token: c.uuid().defaultRandom().unique(),
  })
  const token = '01890a5d-ac96-474b-bcce-b302099a8057'
  const shop = await begun(t, old, [{}, {}, { text: 'kept', whole: 1, token }])
  const error = await fails(() => shop.write(now, 'second'), { code: 'DECISION_REQUIRED' })
  assert.equal(error.questions.length, 15)
  assert.deepEqual(error.questions[0], {
    question: 'backfill',
    table: 'things',
    column: 'text',
    kind: 'text',
    default: "'it's'",
  })
  assert.deepEqual(
    error.questions.slice(-3).map(question => question.default),
    ['now', 'now', 'a random UUID each'],
  )
  assert.match(
    error.problems[0].message,
    /^may not be NULL any more: rows with NULL need a value \(text\); its default is 'it's'\./,
  )
  assert.ok(
    error.hint.startsWith(
      'Decide with --backfill "things.text=default", or --backfill "things.text=<SQL expression>";',
    ),
    error.hint,
  )
  const backfill = Object.fromEntries(Object.keys(WITHOUT).map(name => [`things.${name}`, 'default']))
  const report = await shop.write(now, 'second', { backfill })
  assert.equal(report.revisions[0].proven[dialect], true)
  await shop.upgrade()
  const [first, second, third] = await shop.rows(now)
  for (const [name, [, value]] of Object.entries(KINDS)) assert.deepEqual(first[name], value, name)
  assert.ok(Math.abs(Date.now() - first.at.getTime()) < 600_000)
  assert.match(first.day, /^\d{4}-\d\d-\d\d$/)
  areRandom([first.token, second.token])
  assert.deepEqual([third.text, third.whole, third.token, third.flag], ['kept', 1, token, true])
  // The way back keeps what rows got: which of them were NULL is not known.
  await shop.downgrade()
  assert.deepEqual(
    (await shop.rows(old)).map(row => [row.text, row.token]),
    [
      ["it's", first.token],
      ["it's", second.token],
      ['kept', token],
    ],
  )
})

test('the head of both scripts says what the way back does not bring', async t => {
  const [old, now] = [things({ name: c.text().nullable() }), things({ name: c.text().default('') })]
  const shop = await begun(t, old, [{ name: null }])
  const report = await shop.write(now, 'names', { backfill: { 'things.name': 'Default' } })
  assert.match(
    shop.file(report, 'up'),
    /^-- Change the column things\.name: not NULL \(rows get the default\), default ''\n-- NOT RESTORED by the down: which rows of things\.name were NULL\n/m,
  )
  assert.match(shop.file(report, 'down'), /^-- NOT RESTORED, lost by the up: which rows of things\.name were NULL\n/m)
  assert.deepEqual(report.revisions[0].destructive, [], 'no row loses a value: nothing is asked, and nothing kept')
})

test('a column without a default: `default` is refused with the way out', async t => {
  const shop = await begun(t, things({ name: c.text().nullable() }), [{}])
  for (const [column, now] of [
    ['name', things({ name: c.text() })],
    ['code', things({ name: c.text().nullable(), code: c.text() })],
  ])
    await fails(() => shop.write(now, 'second', { backfill: { [`things.${column}`]: 'default' } }), {
      code: 'CHOICE_INVALID',
      table: 'things',
      columns: [column],
      message: /the column has no default/,
      hint: new RegExp(`--backfill "things\\.${column}=<SQL expression>"`),
    })
  assert.equal(shop.folders().length, 1)
})

test('`default` of a new column is what it gets anyway', async t => {
  const shop = await begun(t, named, [{ name: 'a' }])
  const now = things({ name: c.text(), size: c.integer().default(3), token: c.uuid().defaultRandom() })
  await shop.write(now, 'second', { backfill: { 'things.size': 'default', 'things.token': 'default' } })
  await shop.upgrade()
  const [row] = await shop.rows(now)
  assert.equal(row.size, 3)
  assert.match(row.token, VERSION_7)
})

test('`default` on the way back: of a column that may be NULL now, and of one that was dropped', async t => {
  const old = things({ name: c.text().default('none'), code: c.text().default('x') })
  const now = things({ name: c.text().nullable() })
  const shop = await begun(t, old, [{ name: 'a', code: 'b' }])
  await shop.write(now, 'second', {
    drop: ['things.code'],
    backfill: { 'things.name': 'default', 'things.code': 'default' },
  })
  await shop.upgrade()
  await shop.using(now, db => db.things.create({ name: null }))
  await shop.downgrade()
  assert.deepEqual(
    (await shop.rows(old)).map(row => [row.name, row.code]),
    [
      ['a', 'x'],
      ['none', 'x'],
    ],
  )
})

test('an expression for each database', async t => {
  const [old, now] = [things({ name: c.text().nullable() }), things({ name: c.text(), size: c.integer() })]
  const shop = await begun(t, old, [{ name: 'Ada' }, { name: null }])
  const each = { sqlite: "printf('row %d', id)", postgres: "format('row %s', id)" }
  const choices = { dialects: ['sqlite', 'postgres'], prove: false }
  const report = await shop.write(now, 'second', {
    ...choices,
    backfill: { 'things.name': each, 'things.size': { sqlite: 'id * 2', postgres: 'id + id' } },
  })
  const { files, operations } = report.revisions[0]
  const statements = name => files[`up.${name}.sql`].replace(/^--.*$/gm, '')
  assert.ok(statements('sqlite').includes(each.sqlite) && !statements('sqlite').includes(each.postgres))
  assert.ok(statements('postgres').includes(each.postgres) && !statements('postgres').includes(each.sqlite))
  assert.ok(
    operations.some(line => line.includes('id + id on postgres, id * 2 on sqlite')),
    operations.join('\n'),
  )
  await shop.upgrade()
  assert.deepEqual(
    (await shop.rows(now)).map(row => [row.name, row.size]),
    [
      ['Ada', 2],
      ['row 2', 4],
    ],
  )
  assert.equal((await shop.check(now, { prove: true })).upToDate, true)
})

test('an expression for each database: one is left out, one is too many, or it is none', async t => {
  const shop = await begun(t, named, [{ name: 'a' }])
  const now = things({ name: c.text(), size: c.integer() })
  const both = ['sqlite', 'postgres']
  for (const [size, dialects, message] of [
    [{ [dialect]: 'id' }, both, new RegExp(`things\\.size cannot be followed: it has no expression for ${other}`)],
    [{ [dialect]: 'id', [other]: undefined }, both, new RegExp(`no expression for ${other}`)],
    [{}, [dialect], new RegExp(`no expression for ${dialect}`)],
    [{ [dialect]: 'id', [other]: 'id' }, [dialect], new RegExp(`for ${other}, and the revision is not for ${other}`)],
    [{ mysql: 'id' }, [dialect], /the databases sqlite and postgres, found 'mysql'|found "mysql"/],
    [{ [dialect]: ' ' }, [dialect], /a SQL expression/],
    [{ [dialect]: 3 }, [dialect], /found 3/],
    [{ [dialect]: 'default' }, [dialect], /'default' is for all databases/],
    [{ [dialect]: 'id;' }, [dialect], /semicolon/],
    [['id'], [dialect], /found/],
  ])
    await fails(() => shop.write(now, 'second', { dialects, backfill: { 'things.size': size } }), {
      code: 'CHOICE_INVALID',
      message,
    })
  assert.equal(shop.folders().length, 1)
})

test('what a downgrade keeps of a random column comes back in place of the new UUIDs', async t => {
  const shop = await begun(t, named, [{ name: 'a' }, { name: 'b' }])
  await shop.write(tokens, 'tokens', { prove: false })
  await shop.upgrade()
  const first = await shop.rows(tokens)
  await shop.downgrade('-1', { keep: true })
  await shop.upgrade()
  const second = await shop.rows(tokens)
  areRandom([...first, ...second].map(row => row.token))
  const entries = (await kept({ url: shop.url })).kept
  assert.equal(entries.length, 1)
  const restored = await restoreKept({ url: shop.url, number: entries[0].number })
  assert.equal(restored.rows, 2)
  assert.deepEqual(await shop.rows(tokens), first)
})

test('a column that exists and has values counts as made by the revision: no value changes', async t => {
  const before = things({ name: c.text(), token: c.uuid().defaultRandom() })
  const shop = await begun(t, before, [{ name: 'a' }])
  const [first] = await shop.rows(before)
  await shop.write(named, 'without', { drop: ['things.token'], prove: false })
  const { applied } = await shop.upgrade('head', { keep: true })
  await restoreKept({ url: shop.url, number: applied[0].kept[0].number })
  const now = things({ name: c.text(), token: c.uuid().nullable().defaultRandom() })
  await shop.write(now, 'again', { prove: false })
  const [again] = (await shop.upgrade()).applied
  assert.equal(again.adopted, true)
  assert.deepEqual(await shop.rows(now), [first])
})

test('texts that become random UUIDs where they are NULL', async t => {
  const old = things({ token: c.text().nullable() })
  const now = things({ token: c.uuid().defaultRandom() }, t => [unique(t.token)])
  const token = '01890a5d-ac96-474b-bcce-b302099a8057'
  const shop = await begun(t, old, [{ token }, {}, {}])
  await shop.write(now, 'second', { backfill: { 'things.token': 'default' } })
  await shop.upgrade()
  const rows = await shop.rows(now)
  assert.equal(rows[0].token, token)
  areRandom(rows.slice(1).map(row => row.token))
})
