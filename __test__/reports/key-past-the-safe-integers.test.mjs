// A key beyond what a number of JavaScript tells apart: it has to be refused before it is stored, or later rows get one key twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'

const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })

test('no generated key is beyond 2^53 - 1, and the other rows stay readable', async t => {
  const db = await database(t, models)
  await fails(() => db.notes.create({ id: 2 ** 53, text: 'beyond' }), { code: 'VALUE_INVALID' })
  await db.notes.create({ id: 2 ** 53 - 1, text: 'the last one' })
  await raw(db, "INSERT INTO notes (id, text) VALUES (9007199254740993, 'by others')")
  await fails(() => db.notes.list(), { code: 'VALUE_UNREADABLE', table: 'notes', columns: ['id'] })
  const skipped = []
  const rows = await db.notes.list({ unreadable: 'skip', onUnreadable: error => skipped.push(error.code) })
  assert.deepEqual([rows, skipped], [[{ id: 2 ** 53 - 1, text: 'the last one' }], ['VALUE_UNREADABLE']])
})
