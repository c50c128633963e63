// Names that models and columns cannot have: the calls of handles, what JavaScript asks of objects, the databases' own columns.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, model, open, revision, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { folder } from '../support/project.mjs'

const things = () => model('things', { id: c.id() })
const named = name => schema(Object.fromEntries([[name, things()]]))

/** The members of a handle under a text, beside its tables. */
const calls = handle => Object.getOwnPropertyNames(handle).filter(name => name !== 'things')

test('a model cannot have the name of a call of any handle', async t => {
  const db = await database(t, schema({ things: things() }))
  const names = new Set([...calls(db), ...calls(db.sync)])
  await db.transaction(async tx => {
    for (const name of calls(tx)) names.add(name)
  })
  const session = db.session()
  for (const name of calls(session)) names.add(name)
  await session.close()
  db.sync.transaction(tx => {
    for (const name of calls(tx)) names.add(name)
  })
  for (const call of [
    'sql',
    'transaction',
    'session',
    'with',
    'scope',
    'current',
    'sync',
    'health',
    'close',
    'commit',
    'rollback',
  ])
    assert(names.has(call), `${call} was not found on a handle`)
  const url = await newUrl(t)
  for (const name of names) {
    const refused = { code: 'SCHEMA_INVALID', message: new RegExp(`\`db\\.${name}\` is taken`) }
    await fails(() => open({ models: named(name), url }), refused)
    await fails(() => initDb({ models: named(name).toJSON(), url }), refused)
  }
})

test('a model cannot have a name that JavaScript asks of objects', async t => {
  const url = await newUrl(t)
  for (const name of [
    ...Object.getOwnPropertyNames(Object.prototype),
    'then',
    'catch',
    'finally',
    'toJSON',
    'prototype',
  ]) {
    await fails(() => open({ models: named(name), url }), { code: 'SCHEMA_INVALID', message: new RegExp(name) })
  }
  // As a key of a literal it is not a property, and the model would be lost.
  await fails(() => schema({ __proto__: things() }), { code: 'SCHEMA_INVALID', message: /__proto__/ })
})

const SYSTEM = {
  sqlite: ['rowid', '_rowid_', 'oid', 'RowId', 'OID'],
  postgres: ['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'],
}
const withColumn = name => schema({ notes: model('notes', { id: c.id(), mark: c.text().name(name) }) })

test('a column cannot have the name of a column that every table of the database has', async t => {
  for (const name of SYSTEM[dialect]) {
    const url = await newUrl(t)
    const refused = { code: 'SCHEMA_INVALID', message: new RegExp(`notes\\.mark: .*\`${name}\``) }
    await fails(() => open({ models: withColumn(name), url }), refused)
    await fails(() => initDb({ models: withColumn(name), url }), refused)
  }
  for (const name of SYSTEM[dialect === 'sqlite' ? 'postgres' : 'sqlite']) {
    const db = await database(t, withColumn(name))
    const { id } = await db.notes.create({ mark: 'kept' })
    assert.deepEqual(await db.notes.get(id), { id, mark: 'kept' })
  }
})

test('a revision refuses the columns of each database that it is written for', async t => {
  const migrations = folder(t)
  const write = (name, dialects) =>
    revision({ models: withColumn(name), migrations, message: 'first', dialects, sql: true })
  for (const [own, names] of Object.entries(SYSTEM)) {
    for (const name of names) {
      await fails(() => write(name, ['sqlite', 'postgres']), { code: 'SCHEMA_INVALID', message: /of its own/ })
      await fails(() => write(name, [own]), { code: 'SCHEMA_INVALID', message: /of its own/ })
    }
  }
  assert.equal((await write('rowid', ['postgres'])).outcome, 'printed')
  assert.equal((await write('xmin', ['sqlite'])).outcome, 'printed')
})
