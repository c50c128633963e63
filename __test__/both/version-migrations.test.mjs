// A version on a table that exists already: rows of before have 1, whether a revision or a repair adds the column.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, drift, initDb, model, open, repair, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'
import { folder } from '../support/project.mjs'

const notes = more => schema({ notes: model('notes', { id: c.id(), text: c.text(), ...more }) })
const before = notes({})
const after = notes({ version: c.integer().version() })
const changed = (db, row) => db.notes.update(row, { text: 'changed' })

test('a revision adds it, proven, without a question; rows of before have 1', async t => {
  const shop = await workshop(t)
  await shop.write(before, 'first')
  await shop.upgrade()
  const old = shop.open(before)
  await old.notes.createMany([{ text: 'a' }, { text: 'b' }])
  const report = await shop.write(after, 'versions')
  assert.equal(report.questions?.length ?? 0, 0)
  await shop.upgrade()
  const db = shop.open(after)
  assert.deepEqual(
    (await db.notes.list()).map(it => it.version),
    [1, 1],
  )
  // A release of before inserts without it.
  await old.notes.create({ text: 'c' })
  const rows = await db.notes.list({ orderBy: { id: 'asc' } })
  assert.equal(rows[2].version, 1)
  assert.equal((await changed(db, rows[0])).version, 2)
  assert.deepEqual((await drift({ models: after, url: shop.url, migrations: shop.migrations })).differences, [])
  assert.deepEqual((await shop.check(after)).operations, [])
  await shop.downgrade()
  await shop.upgrade()
  // The count was dropped with the column, and begins anew unless it was kept.
  assert.ok((await db.notes.list()).every(it => it.version >= 1))
})

test('an integer that exists becomes a version, and keeps its values', async t => {
  const shop = await workshop(t)
  await shop.write(notes({ version: c.integer().default(0) }), 'first')
  await shop.upgrade()
  const old = shop.open(notes({ version: c.integer().default(0) }))
  await old.notes.create({ text: 'a', version: 41 })
  await shop.write(after, 'versions')
  await shop.upgrade()
  const db = shop.open(after)
  const row = await db.notes.find()
  assert.deepEqual([row.version, (await changed(db, row)).version], [41, 42])
  await raw(db, "INSERT INTO notes (text) VALUES ('b')")
  assert.equal((await db.notes.find({ where: { text: 'b' } })).version, 1)
  // Back to an ordinary column: nothing but the default differs.
  const plain = notes({ version: c.integer().default(1) })
  assert.deepEqual((await shop.check(plain)).operations, [])
})

test('a repair adds it, and a lost default is drift', async t => {
  const url = await newUrl(t)
  const old = open({ models: before, url })
  t.after(() => old.close())
  await initDb({ db: old, migrations: false })
  await old.notes.create({ text: 'a' })
  const all = { models: after, url, cwd: folder(t) }
  const { differences } = await drift(all)
  assert.ok(differences.some(({ table, name }) => table === 'notes' && name === 'version'))
  await repair(all)
  const db = open({ models: after, url })
  t.after(() => db.close())
  assert.equal((await changed(db, await db.notes.find())).version, 2)
  assert.deepEqual((await drift(all)).differences, [])
  if (dialect !== 'postgres') return
  await raw(db, 'ALTER TABLE notes ALTER version DROP DEFAULT')
  assert.deepEqual(
    (await drift(all)).differences.map(({ name }) => name),
    ['version'],
  )
  await repair(all)
  await raw(db, "INSERT INTO notes (text) VALUES ('b')")
  assert.equal((await db.notes.find({ where: { text: 'b' } })).version, 1)
})

test('what cannot be a version is refused with its column', async () => {
  const refused = (columns, message, column = 'version') =>
    fails(
      async () =>
        open({ models: schema({ notes: model('notes', { id: c.id(), ...columns }) }), url: 'sqlite::memory:' }),
      { code: 'SCHEMA_INVALID', message: new RegExp(`notes\\.${column}: ${message}`) },
    )
  await refused({ version: c.text().version() }, 'version\\(\\) is for c\\.integer\\(\\) and c\\.int32\\(\\)')
  await refused({ version: c.bigint().version() }, 'version\\(\\) is for')
  await refused({ version: c.integer().nullable().version() }, 'A version cannot be nullable')
  await refused({ version: c.integer().default(1).version() }, 'A version cannot have a default')
  await refused({ version: c.integer().private().version() }, 'A version cannot be private')
  await refused({ a: c.integer().version(), b: c.int32().version() }, 'A model has one version at most', 'b')
  const key = schema({ notes: model('notes', { version: c.integer().primaryKey().version() }) })
  await fails(async () => open({ models: key, url: 'sqlite::memory:' }), {
    code: 'SCHEMA_INVALID',
    message: /notes\.version: A version cannot be part of the primary key/,
  })
})
