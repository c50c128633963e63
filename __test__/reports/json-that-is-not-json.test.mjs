// Stored text that is not of its column's kind: the error has a code and does not show the text, as it may be of a private column.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { everything, fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const models = schema({ notes: model('notes', { id: c.id(), text: c.text(), tokens: c.json().private() }) })

test('broken JSON of a private column is VALUE_UNREADABLE, and stays private', async t => {
  const db = open({ models, url: await newUrl(t) })
  t.after(() => db.close())
  await raw(db, 'CREATE TABLE notes (id integer PRIMARY KEY, text text NOT NULL, tokens text NOT NULL)')
  await raw(db, `INSERT INTO notes VALUES (1, 'a', '{"secret-')`)
  const error = await fails(() => db.notes.get(1, { select: ['tokens'] }), {
    code: 'VALUE_UNREADABLE',
    columns: ['tokens'],
  })
  assert.ok(!everything(error).includes('secret-'))
  assert.deepEqual(await db.notes.list(), [{ id: 1, text: 'a' }])
})
