// Rows that were kept by two steps come back in one call: what the call itself has put into a column is not somebody's change.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, drift, kept, model, repair, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const other = { others: model('others', { id: c.id() }) }
const people = more => ({
  teams: model('teams', { id: c.id(), name: c.text() }),
  people: model('people', { id: c.id(), teamId: c.integer().references('teams.id'), name: c.text(), ...more }),
})
const full = schema({ ...other, ...people({ note: c.text().default('none') }) })

/** A database whose second revision has dropped a column, and whose third the tables. */
async function twice(t) {
  const shop = await workshop(t)
  await shop.write(full, 'first', { prove: false })
  await shop.upgrade()
  const before = await shop.using(full, async db => {
    await db.teams.create({ name: 'one' })
    await db.people.createMany([
      { teamId: 1, name: 'Ada', note: 'kept' },
      { teamId: 1, name: 'Bob', note: 'none' },
    ])
    return db.people.list({ orderBy: { id: 'asc' } })
  })
  await shop.write(schema({ ...other, ...people({}) }), 'column', { prove: false })
  await shop.write(schema(other), 'tables', { prove: false })
  await shop.upgrade('head', { keep: true })
  const { kept: entries } = await kept({ url: shop.url })
  const number = what => entries.find(entry => entry.what === what).number
  const list = () => shop.using(full, db => db.people.list({ orderBy: { id: 'asc' } }))
  const numbers = [number('people'), number('people.note'), number('teams')]
  return { ...shop, before, numbers, list, note: number('people.note') }
}

for (const back of [2, 1, 0]) {
  test(`a column and its table come back together after ${back} steps back`, async t => {
    const shop = await twice(t)
    if (back) await shop.downgrade(`-${back}`, { keep: false })
    const report = await restoreKept({ url: shop.url, number: shop.numbers })
    assert.deepEqual(report.entries.map(({ rows, gone }) => [rows, gone]).length, 3)
    assert.deepEqual(await shop.list(), shop.before)
    assert.equal((await restoreKept({ url: shop.url, number: shop.numbers })).rows, 0)
  })
}

test('they come back one after the other, too', async t => {
  const shop = await twice(t)
  await shop.downgrade('-2', { keep: false })
  const [rows, note, teams] = shop.numbers
  for (const number of [teams, rows, note]) await restoreKept({ url: shop.url, number })
  assert.deepEqual(await shop.list(), shop.before)
})

test('a value that a person has written since is still refused', async t => {
  const shop = await twice(t)
  await shop.downgrade('-2', { keep: false })
  const [rows, note, teams] = shop.numbers
  await restoreKept({ url: shop.url, number: [teams, rows] })
  await shop.using(full, db => db.people.update(1, { note: 'mine' }))
  for (const number of [note, shop.numbers])
    await fails(() => restoreKept({ url: shop.url, number }), {
      code: 'RESTORE_REFUSED',
      message: /1 row of people is there with another note \(id 1\)/,
    })
  assert.equal((await shop.list())[0].note, 'mine')
})

const [integer, text] = dialect === 'sqlite' ? ['INTEGER', 'TEXT COLLATE NOCASE'] : ['bigint', 'text COLLATE "C"']

/** Columns as SQL declares them, the value of a kept row, and that of a row which is newer than the loss. */
const COLUMNS = {
  'a text': [text, 'kept', null],
  'a text with a default': [`${text} DEFAULT 'it''s'`, 'kept', "it's"],
  'a number with a default': [`${integer} DEFAULT -7`, 5, -7],
  // SQLite adds no such default to a table that has rows.
  'an expression as default': [`${integer} DEFAULT (1 + 2)`, 5, dialect === 'sqlite' ? null : 3],
}

for (const [what, [declared, value, given]] of Object.entries(COLUMNS)) {
  test(`a column comes back as it was: ${what}`, async t => {
    const shop = await workshop(t)
    const bare = schema(other)
    await shop.write(bare, 'first', { prove: false })
    await shop.upgrade()
    const sql = statement => shop.using(bare, db => raw(db, statement))
    await sql(`ALTER TABLE others ADD COLUMN extra ${declared}`)
    await shop.using(bare, db => db.others.create({}))
    await sql(`UPDATE others SET extra = '${value}'`)
    const shape = async () =>
      (await drift({ url: shop.url, migrations: shop.migrations, models: bare })).differences.map(it => [
        it.found,
        it.fix,
      ])
    const before = await shape()
    const options = { url: shop.url, migrations: shop.migrations, models: bare }
    await repair({ ...options, destructive: true, keep: true })
    await shop.using(bare, db => db.others.create({}))
    const { kept: entries } = await kept({ url: shop.url })
    await restoreKept({ url: shop.url, number: entries[0].number })
    if (given !== null || !declared.includes('DEFAULT')) assert.deepEqual(await shape(), before)
    const rows = await sql('SELECT id, extra FROM others ORDER BY id')
    const plain = value => (typeof value === 'bigint' ? Number(value) : value)
    assert.deepEqual(
      rows.map(row => plain(row.extra)),
      [value, given],
    )
  })
}
