// Constraints that come together with new, renamed or converted columns: rows that they refuse are named, and nothing changes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, check, expression, index, model, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'

/** Things with these columns, and owners to point to. */
const things = (columns, extras, more = {}) =>
  schema({
    owners: model('owners', { id: c.id() }),
    things: model('things', { id: c.id(), ...columns }, extras),
    ...more,
  })

const old = things({ a: c.integer(), code: c.text().nullable() })
const rows = [
  { a: 1, code: 'secret' },
  { a: 10, code: '7' },
  { a: 11, code: null },
]
const kept = { a: c.integer(), code: c.text().nullable() }

const cases = [
  {
    what: 'a check over a new column that may be NULL',
    now: things({ ...kept, b: c.integer().nullable() }, () => [check('b IS NOT NULL OR a > 5')]),
    message: 'One row of things has values that the check things_check refuses in things: id 1.',
    hint: /--backfill/,
  },
  {
    what: 'a check over a new column with a default',
    now: things({ ...kept, b: c.integer().default(5) }, () => [check('a > b')]),
    message: 'One row of things has values that the check things_check refuses in things: id 1.',
    hint: /--backfill/,
  },
  {
    what: 'a check over a column that is renamed, and is named otherwise until then',
    now: things({ size: c.integer().renamedFrom('a'), code: c.text().nullable() }, () => [check('size > 1')]),
    message: 'One row of things has values that the check things_check refuses in things: id 1.',
    hint: /these rows first/,
  },
  {
    what: 'a check over a column of another kind',
    now: things({ a: c.text(), code: c.text().nullable() }, () => [check("a <> '10'")]),
    message: 'One row of things has values that the check things_check refuses in things: id 2.',
    hint: /these rows first/,
  },
  {
    what: 'a unique column that a backfill fills',
    now: things({ ...kept, b: c.integer().unique() }),
    choices: { backfill: { 'things.b': 'a / 10' } },
    message: '2 rows of things have the same things.b: id 2, 3.',
    hint: /another --backfill/,
  },
  {
    what: 'a unique column that a default fills, beside one that is renamed',
    now: things({ size: c.integer().renamedFrom('a'), code: c.text().nullable(), b: c.integer().default(1) }, t => [
      unique(t.b),
    ]),
    message: '3 rows of things have the same things.b: id 1, 2, 3.',
    hint: /--backfill/,
  },
  {
    what: 'a unique index over an expression of a new column',
    now: things({ ...kept, b: c.integer().nullable() }, () => [
      index(expression('coalesce(b, a / 10)')).unique().name('tens'),
    ]),
    message: '2 rows of things have the same values of tens in things: id 2, 3.',
    hint: /these rows first/,
  },
  {
    what: 'a foreign key from a new column that a backfill fills',
    now: things({ ...kept, ownerId: c.integer().references('owners.id') }),
    choices: { backfill: { 'things.owner_id': 'a' } },
    message: '2 rows of things have things.owner_id values without a row in owners: id 2, 3.',
    hint: /another --backfill/,
  },
  {
    what: 'a foreign key from a new column to a table that is new too',
    now: things({ ...kept, groupId: c.integer().nullable().references('groups.id') }, undefined, {
      groups: model('groups', { id: c.id() }),
    }),
    choices: { backfill: { 'things.group_id': 'nullif(a, 10)' } },
    message: '2 rows of things have things.group_id values without a row in groups: id 1, 3.',
    hint: /another --backfill/,
  },
  {
    what: 'numbers that are too long as text',
    now: things({ a: c.text({ max: 1 }), code: c.text().nullable() }),
    message: '2 rows of things have more than 1 characters in things.a: id 2, 3.',
    hint: /these rows first/,
  },
  {
    what: 'a unique column that may not be NULL any more, and gets what another row has',
    before: things({ a: c.integer(), code: c.text().nullable().unique() }),
    now: things({ a: c.integer(), code: c.text().unique() }),
    choices: { backfill: { 'things.code': "'7'" } },
    message: '2 rows of things have the same things.code: id 2, 3.',
    hint: /another --backfill/,
  },
  {
    what: 'a backfill that is NULL for some',
    now: things({ ...kept, b: c.text() }),
    choices: { backfill: { 'things.b': 'code' } },
    message: 'One row of things has NULL in things.b: id 3.',
    hint: /another --backfill/,
  },
  {
    what: 'a backfill that is too long for some',
    now: things({ ...kept, b: c.text({ max: 5 }) }),
    choices: { backfill: { 'things.b': "coalesce(code, '')" } },
    message: 'One row of things has more than 5 characters in things.b: id 1.',
    hint: /another --backfill/,
  },
  {
    what: 'a backfill that is no word of the enum for some',
    now: things({ ...kept, b: c.enum('b', ['7', '']) }),
    choices: { backfill: { 'things.b': "coalesce(code, '')" } },
    message: /^One row of things has values that are not enum b \(7, \) in things\.b: id 1\.$/,
    hint: /another --backfill/,
  },
]

for (const { what, before = old, now, choices, message, hint } of cases)
  test(`${what}: the rows are named, and nothing is changed`, async t => {
    const shop = await workshop(t)
    await shop.write(before, 'first')
    await shop.upgrade()
    await shop.using(before, async db => {
      await db.owners.create({})
      await db.things.createMany(rows)
    })
    // The proof has rows of its own, some of which these refuse too.
    const { revisions } = await shop.write(now, 'second', { ...choices, prove: false })
    const error = await fails(() => shop.upgrade(), { code: 'ROWS_REFUSED', table: 'things', hint })
    const id = `${revisions[0].version}_second`
    const start = `${id} cannot be applied: `
    assert.ok(error.message.startsWith(start), error.message)
    const rest = error.message.slice(start.length)
    if (message instanceof RegExp) assert.match(rest, message)
    else assert.equal(rest, message)
    assert.ok(!JSON.stringify(error).includes('secret') && !error.message.includes('plinth_'), error.message)
    assert.deepEqual(await shop.using(before, db => db.things.list({ orderBy: { id: 'asc' } })), [
      { id: 1, ...rows[0] },
      { id: 2, ...rows[1] },
      { id: 3, ...rows[2] },
    ])
  })
