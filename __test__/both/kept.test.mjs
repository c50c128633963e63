// Rows that destructive revisions destroy are kept before, listed, brought back by key, and
// dropped.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, dropKept, kept, model, restoreKept, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'

const users = (more = {}, extras) => schema({ users: model('users', { id: c.id(), ...more }, extras) })

/** A workshop at the first of some models, then with the revision to the second applied and kept. */
async function destroyed(t, [before, after], rows, choices = {}) {
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, db => rows(db))
  await shop.write(after, 'second', { prove: false, ...choices })
  const report = await shop.upgrade('head', { keep: true })
  return { ...shop, report, kept: report.applied.flatMap(({ kept = [] }) => kept) }
}

test('a dropped column is kept with its key, listed, and brought back after a downgrade', async t => {
  const before = users({ phone: c.text().nullable(), n: c.integer() })
  const shop = await destroyed(t, [before, users({ n: c.integer() })], db =>
    db.users.createMany([
      { phone: '1', n: 1 },
      { phone: null, n: 2 },
      { phone: 'a\n"é"', n: 3 },
    ]),
  )
  assert.deepEqual(shop.kept, [{ number: 1, what: 'users.phone', rows: 3 }])
  const list = await kept({ url: shop.url })
  const [{ keptAt, by, definition, bytes, ...entry }] = list.kept
  const why = `upgrade ${shop.folders()[1]}`
  assert.deepEqual(entry, { number: 1, what: 'users.phone', table: 'users', columns: ['phone'], rows: 3, why })
  assert.match(keptAt, /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.ok(by.length > 0 && bytes >= 3 + 1 + 6)
  assert.match(definition, /"phone" text/i)
  assert.ok(!JSON.stringify(list).includes('é'))

  await shop.downgrade('-1', { keep: true })
  const plan = await restoreKept({ url: shop.url, number: 1, plan: true })
  assert.deepEqual([plan.plan, plan.rows, plan.same, plan.gone, plan.entries[0].made], [true, 2, 1, 0, []])
  await shop.using(before, async db => assert.equal(await db.users.count({ where: { phone: null } }), 3))
  const restored = await restoreKept({ url: shop.url, number: 1 })
  assert.deepEqual([restored.rows, restored.same, restored.entries[0].what], [2, 1, 'users.phone'])
  await shop.using(before, async db => {
    const rows = await db.users.list({ orderBy: { id: 'asc' } })
    assert.deepEqual(
      rows.map(({ phone }) => phone),
      ['1', null, 'a\n"é"'],
    )
  })
  // It is there until it is dropped; then its number is never given again.
  assert.deepEqual((await restoreKept({ url: shop.url, number: 1 })).same, 3)
  const { dropped } = await dropKept({ url: shop.url, number: 1 })
  assert.deepEqual(
    dropped.map(({ number, what }) => [number, what]),
    [[1, 'users.phone']],
  )
  assert.deepEqual((await kept({ url: shop.url })).kept, [])
  for (const call of [restoreKept, dropKept])
    await fails(() => call({ url: shop.url, number: 1 }), { code: 'KEPT_UNKNOWN', hint: /plinth kept/ })
  const again = await shop.upgrade('head', { keep: true })
  assert.equal(again.applied[0].kept[0].number, 2)
  await shop.check(users({ n: c.integer() }))
  assert.equal((await shop.status()).drift?.destructive, 0)
})

test('a column that is gone comes back as a column, and a table that is gone as a table', async t => {
  const before = schema({
    users: model('users', { id: c.id(), born: c.timestamp(), name: c.text().unique() }),
    notes: model('notes', { id: c.id(), userId: c.integer().references('users.id'), text: c.text() }),
  })
  const after = schema({ users: model('users', { id: c.id(), name: c.text().unique() }) })
  const born = new Date('2001-02-03T04:05:06.789Z')
  const shop = await destroyed(t, [before, after], async db => {
    await db.users.createMany([
      { born, name: 'a' },
      { born, name: 'b' },
    ])
    await db.notes.createMany([
      { userId: 1, text: 'x' },
      { userId: 2, text: 'y' },
    ])
  })
  assert.deepEqual(shop.kept.map(({ what, rows }) => [what, rows]).toSorted(), [
    ['notes', 2],
    ['users.born', 2],
  ])
  const number = what => shop.kept.find(entry => entry.what === what).number
  const column = await restoreKept({ url: shop.url, number: number('users.born') })
  assert.deepEqual([column.entries[0].made, column.rows], [['the column users.born'], 2])
  const table = await restoreKept({ url: shop.url, number: number('notes') })
  assert.deepEqual([table.entries[0].made, table.rows], [['the table notes'], 2])
  await shop.using(before, async db => {
    assert.deepEqual(
      (await db.users.list()).map(user => user.born),
      [born, born],
    )
    assert.deepEqual(
      (await db.notes.list({ orderBy: { id: 'asc' } })).map(note => note.text),
      ['x', 'y'],
    )
    await fails(() => db.notes.create({ userId: 9, text: 'z' }), { code: 'FOREIGN_KEY_VIOLATION' })
    assert.ok((await db.notes.create({ userId: 1, text: 'z' })).id > 2)
  })
})

test('kept rows that do not fit any more are refused with each difference, keys and no values', async t => {
  const before = schema({
    users: model('users', { id: c.id(), phone: c.text().nullable() }),
    notes: model('notes', {
      id: c.id(),
      userId: c.integer().references('users.id', { onDelete: 'cascade' }),
      secret: c.text(),
    }),
  })
  const after = schema({ users: model('users', { id: c.id() }) })
  const shop = await destroyed(t, [before, after], async db => {
    await db.users.createMany([{ phone: 'secret 1' }, { phone: 'secret 2' }, { phone: 'secret 3' }])
    await db.notes.createMany([
      { userId: 1, secret: 'secret 4' },
      { userId: 3, secret: 'secret 5' },
    ])
  })
  await shop.downgrade('-1', { keep: false })
  const number = what => shop.kept.find(entry => entry.what === what).number
  await shop.using(before, async db => {
    await db.users.update(2, { phone: 'new' })
    await db.users.delete(3)
    await db.notes.create({ userId: 1, secret: 'new' })
  })
  const refused = async (what, ...parts) => {
    const error = await fails(() => restoreKept({ url: shop.url, number: number(what) }), { code: 'RESTORE_REFUSED' })
    for (const part of parts) assert.ok(error.message.includes(part), error.message)
    assert.ok(!JSON.stringify(error).includes('secret '), error.message)
    assert.equal(error.problems.length, parts.length)
  }
  await refused('users.phone', '1 row of users is there with another phone (id 2).')
  await refused(
    'notes',
    '1 row of notes is there with other values (id 1).',
    '1 row of notes is kept whose row of users is gone (id 2).',
  )
  await shop.using(before, async db => {
    assert.deepEqual(
      (await db.users.list({ orderBy: { id: 'asc' } })).map(user => user.phone),
      [null, 'new'],
    )
    await db.users.update(2, { phone: null })
    await db.notes.delete(1)
    await db.sql`INSERT INTO users (id) VALUES (3)`
  })
  const { rows, gone } = await restoreKept({ url: shop.url, number: number('users.phone') })
  assert.deepEqual([rows, gone], [3, 0])
  assert.equal((await restoreKept({ url: shop.url, number: number('notes') })).rows, 2)
})
