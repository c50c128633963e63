// Two releases side by side: revisions warn of exactly those changes at which calls of the release that still runs fail.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, model, check as rule, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { versions, workshop } from '../support/migrations.mjs'

const users = (columns, extras) => schema({ users: model('users', { id: c.id(), ...columns }, extras) })
const backfill = { backfill: { 'users.name': "'x'" } }
const text = { name: c.text() }
const words = (...list) => ({ name: c.enum('word', list) })
const pair = { name: c.text(), other: c.text() }

/** The models before and after, the decisions, a row of the running release, and the column of the warning (null: the table). */
const BREAKING = {
  'a column is dropped': [text, {}, {}, { name: 'a' }, 'name'],
  'a column that it may leave out is dropped': [{ name: c.text().nullable().private() }, {}, {}, {}, 'name'],
  'a column is renamed': [
    text,
    { label: c.text() },
    { rename: { 'users.name': 'users.label' } },
    { name: 'a' },
    'name',
  ],
  'a column is new that needs a value': [{}, text, backfill, {}, 'name'],
  'NULL is forbidden': [{ name: c.text().nullable() }, text, backfill, {}, 'name'],
  'NULL is forbidden, and a default is there': [
    { name: c.text().nullable() },
    { name: c.text().default('x') },
    backfill,
    {},
    'name',
  ],
  'an enum loses a word': [words('a', 'b'), words('b'), { map: { 'users.name': { a: 'b' } } }, { name: 'a' }, 'name'],
  'a text gets shorter': [text, { name: c.text({ max: 3 }) }, {}, { name: 'long' }, 'name', { name: 'a' }],
  'a column has another kind': [text, { name: c.integer() }, {}, { name: 'a' }, 'name', { name: '7' }],
  'a check is new': [
    { name: c.integer() },
    { name: c.integer().check('name > 0') },
    {},
    { name: 0 },
    'name',
    { name: 1 },
  ],
  'a column is unique': [text, { name: c.text().unique() }, {}, { name: 'a' }, 'name'],
  'columns are unique together': [pair, [pair, t => [unique(t.name, t.other)]], {}, { name: 'a', other: 'b' }, null],
  'a unique index is new': [text, [text, t => [index(t.name).unique()]], {}, { name: 'a' }, 'name'],
}

/** Changes that the running release does not notice. */
const HARMLESS = {
  'a column is new that may be NULL': [{}, { name: c.text().nullable() }, {}, {}],
  'a column is new that has a default': [{}, { name: c.text().default('x') }, {}, {}],
  'a column has the clock for a default': [{}, { name: c.timestamp().defaultNow() }, {}, {}],
  'a unique column is new that may be NULL': [{}, { name: c.text().nullable().unique() }, {}, {}],
  'a check of a new column': [{}, { name: c.integer().default(1).check('name > 0') }, {}, {}],
  'NULL is allowed': [text, { name: c.text().nullable() }, {}, { name: 'a' }],
  'a default is gone': [{ name: c.text().default('x') }, text, {}, {}],
  'a text may be longer': [{ name: c.text({ max: 3 }) }, text, {}, { name: 'a' }],
  'a decimal has more digits': [{ name: c.decimal(5, 2) }, { name: c.decimal(9, 2) }, {}, { name: '1.50' }],
  'an index is new': [text, [text, t => [index(t.name)]], {}, { name: 'a' }],
}

/** Changes at which calls fail once the next release has written a value that is new. */
const READING = {
  'an enum gets a word': [words('a'), words('a', 'b'), {}, 'b', /gets the words `b`: .* cannot read .* have them\.$/],
  'an enum gets words, others stay in another order': [
    words('a', 'b'),
    words('c', 'b', 'a', 'd'),
    {},
    'd',
    /gets the words `c`, `d`: .* have them\.$/,
  ],
  'an enum gets a word for another': [
    words('a', 'b'),
    words('a', 'c'),
    { map: { 'users.name': { b: 'c' } } },
    'c',
    /gets the words `c`: .* cannot read .*, and may still write old words, which are refused\.$/,
  ],
  'an integer is a bigint': [
    { name: c.integer() },
    { name: c.bigint() },
    {},
    2n ** 60n,
    /larger numbers: .* 2\^53 - 1\.$/,
    1,
  ],
}

/** A revision is written and applied while a handle with the models before it is open. */
async function besideIt(t, [before, after, decisions, row, , first = row]) {
  const shop = await workshop(t)
  const models = users(before)
  await shop.write(models, 'first')
  await shop.upgrade()
  const old = shop.open(models)
  const { id } = await old.users.create(first)
  const later = Array.isArray(after) ? users(...after) : users(after)
  const missing = await shop.check(later)
  const { revisions } = await shop.write(later, 'second', decisions)
  await shop.upgrade()
  const calls = {
    list: () => old.users.list(),
    create: () => old.users.create(row),
    upsert: () => old.users.upsert({ id, ...row }, { on: ['id'] }),
  }
  const failed = []
  for (const [name, call] of Object.entries(calls)) await call().catch(() => failed.push(name))
  return { shop, later, missing, failed, revision: revisions[0] }
}

for (const [what, given] of Object.entries(BREAKING)) {
  test(`a warning: ${what}`, async t => {
    const { shop, later, missing, failed, revision } = await besideIt(t, given)
    assert.ok(failed.length > 0, 'no call of the running release failed')
    const [warning, ...more] = revision.warnings
    assert.deepEqual(more, [])
    assert.deepEqual([warning.version, warning.table, warning.column ?? null], [revision.version, 'users', given[4]])
    assert.match(warning.message, /^users[. ].*\.$/)
    assert.match(warning.hint, /\.$/)
    const report = await shop.check(later)
    assert.deepEqual([report.upToDate, report.warnings], [true, [warning]])
    // Before there was a revision the models alone gave it; what needs a decision, in other words.
    assert.deepEqual(
      missing.warnings.map(({ version, table, column }) => [version, table, column ?? null]),
      [[undefined, 'users', given[4]]],
    )
  })
}

for (const [what, given] of Object.entries(HARMLESS)) {
  test(`no warning: ${what}`, async t => {
    const { shop, later, missing, failed, revision } = await besideIt(t, given)
    assert.deepEqual(failed, [])
    assert.deepEqual([missing.warnings, revision.warnings, (await shop.check(later)).warnings], [[], [], []])
  })
}

for (const [what, [before, after, decisions, value, message, name = 'a']] of Object.entries(READING)) {
  test(`a warning: ${what}`, async t => {
    const { shop, later, missing, failed, revision } = await besideIt(t, [before, after, decisions, { name }])
    assert.deepEqual(failed, [])
    const next = shop.open(later)
    await next.users.create({ name: value })
    await fails(() => shop.open(users(before)).users.list(), { code: 'VALUE_UNREADABLE' })
    assert.equal(revision.warnings.length, 1)
    const [warning] = revision.warnings
    assert.deepEqual([warning.table, warning.column], ['users', 'name'])
    assert.match(warning.message, message)
    assert.match(warning.hint, /\.$/)
    assert.deepEqual((await shop.check(later)).warnings, [warning])
    // Before there was a revision the models alone gave the same, even if words need a decision.
    const { version, ...unversioned } = warning
    assert.equal(version, revision.version)
    assert.deepEqual(missing.warnings, [unversioned])
  })
}

test('a warning: a decimal has more digits after the point, which SQLite stores as another number', async t => {
  const [before, after] = [{ name: c.decimal(5, 2) }, { name: c.decimal(9, 4) }]
  const { shop, revision } = await besideIt(t, [before, after, {}, { name: '1.50' }])
  assert.deepEqual(
    revision.warnings.map(({ column, message }) => [column, message]),
    [
      [
        'name',
        'users.name changes from decimal(5, 2) to decimal(9, 4): the running release still reads and writes decimal(5, 2).',
      ],
    ],
  )
  // The rows that the running release wrote after the revision, as the next one reads them.
  const [{ name }] = await shop.open(users(after)).users.list()
  assert.equal(name, dialect === 'sqlite' ? '0.0150' : '1.5000')
})

test('a warning: a column is no longer unique, except if another rule makes it so', async t => {
  const shop = await workshop(t)
  const before = users({ name: c.text().unique() })
  await shop.write(before, 'first')
  await shop.upgrade()
  const old = shop.open(before)
  await shop.write(
    users(text, t => [index(t.name).unique()]),
    'as an index',
  )
  assert.deepEqual((await shop.check(users(text, t => [index(t.name).unique()]))).warnings, [])
  await shop.upgrade()
  await old.users.upsert({ name: 'a' }, { on: ['name'] })
  const { revisions } = await shop.write(users(text), 'not unique')
  assert.deepEqual(
    revisions[0].warnings.map(({ column, message }) => [column, message]),
    [['name', 'users.name is no longer unique: upserts of the running release by it fail.']],
  )
  await shop.upgrade()
  await assert.rejects(old.users.upsert({ name: 'a' }, { on: ['name'] }))
})

test('a warning: a table is dropped or renamed; nothing of a table that is new', async t => {
  const shop = await workshop(t)
  const table = (name, columns = text) => model(name, { id: c.id(), ...columns })
  await shop.write(schema({ a: table('a'), b: table('b') }), 'first')
  const needs = model('needs', {
    id: c.id(),
    name: c.text().unique().check("name <> ''"),
    aId: c.integer().references('c.id'),
  })
  const later = schema({ c: table('c'), needs })
  const asked = await shop.check(later)
  assert.equal(asked.upToDate, false)
  assert.deepEqual(asked.warnings.map(({ table, column }) => [table, column]).sort(), [
    ['a', undefined],
    ['b', undefined],
  ])
  const { revisions } = await shop.write(later, 'second', { rename: { a: 'c' }, drop: ['b'] })
  const warnings = revisions[0].warnings.map(({ table, message }) => [table, message])
  assert.deepEqual(warnings.toSorted(), [
    ['a', 'a is renamed to c: the running release still uses the old name.'],
    ['b', 'b is dropped: the running release still uses it.'],
  ])
})

test('since: all changes after the revision of the running release, by the names that it uses', async t => {
  const shop = await workshop(t)
  const one = await shop.write(users({ name: c.text(), gone: c.text().nullable() }), 'one')
  const two = await shop.write(
    users({ label: c.text(), gone: c.text().nullable(), brief: c.text().nullable() }),
    'two',
    {
      rename: { 'users.name': 'users.label' },
    },
  )
  const last = users({ label: c.text({ max: 5 }), more: c.text() })
  const three = await shop.write(last, 'three', {
    drop: ['users.gone', 'users.brief'],
    backfill: { 'users.more': "'x'" },
  })
  const [first, second, third] = [one, two, three].map(({ revisions }) => versions(revisions)[0])
  const found = async since =>
    (await shop.check(last, { since })).warnings.map(({ version, column }) => `${version} ${column}`).toSorted()
  // The column `brief` came and went in between.
  const after = [`${second} name`, `${third} gone`, `${third} more`, `${third} name`]
  assert.deepEqual(await found(first), after)
  assert.deepEqual(await found(` ${first} `), after)
  assert.deepEqual(await found(second), [`${third} brief`, `${third} gone`, `${third} label`, `${third} more`])
  assert.deepEqual(await found(undefined), await found(second))
  assert.deepEqual(await found(third), [])
  // A release from before the first revision has no table that could change under it.
  assert.deepEqual(await found('base'), [])
  const error = await fails(() => shop.check(last, { since: '1999' }), { code: 'REVISION_UNKNOWN' })
  assert.match(error.message, /1999/)
  const more = users({ label: c.text({ max: 5 }), more: c.text(), yet: c.text() })
  const { upToDate, warnings } = await shop.check(more, { since: third })
  assert.deepEqual([upToDate, warnings.map(({ version, column }) => [version, column])], [false, [[undefined, 'yet']]])
})

test('an upsert by a key that is no longer the primary key fails, and is warned of', async t => {
  const shop = await workshop(t)
  const keyed = (...keys) => {
    const column = name => (keys.includes(name) ? c.text().primaryKey() : c.text())
    return schema({ pairs: model('pairs', { one: column('one'), two: column('two') }) })
  }
  await shop.write(keyed('one'), 'first')
  await shop.upgrade()
  const old = shop.open(keyed('one'))
  await old.pairs.upsert({ one: 'a', two: 'b' }, { on: ['one'] })
  const { revisions } = await shop.write(keyed('one', 'two'), 'second')
  assert.deepEqual(
    revisions[0].warnings.map(({ table, column, message }) => [table, column, message]),
    [['pairs', undefined, 'pairs has another primary key: upserts of the running release by one fail.']],
  )
  await shop.upgrade()
  await assert.rejects(old.pairs.upsert({ one: 'a', two: 'c' }, { on: ['one'] }))
})

test('a rule over a column that the running release leaves NULL concerns none of its rows', async t => {
  const shop = await workshop(t)
  await shop.write(users(text), 'first')
  const later = users({ ...text, other: c.text().nullable() }, t => [unique(t.name, t.other), rule('other <> name')])
  const { warnings } = await shop.check(later)
  assert.deepEqual(
    warnings.map(({ message }) => message.replace(/check \w+/, 'check')),
    ['users.name must meet the check: the running release may still write other rows, which are refused.'],
  )
})
