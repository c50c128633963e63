// The file of an open SQLite database is deleted: a call must not resolve into a file that is gone.
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { c, initDb, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { folder } from '../support/project.mjs'

const models = schema({ notes: model('notes', { id: c.id(), text: c.text() }) })
const skip = dialect !== 'sqlite' || process.platform === 'win32'

test('a write after the deed fails, and makes no new file', { skip }, async t => {
  const path = join(folder(t), 'app.db')
  const db = open({ models, url: `sqlite:///${path}` })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  await db.notes.create({ text: 'before' })
  rmSync(path)
  await fails(() => db.notes.create({ text: 'after' }), { code: 'FILE_GONE' })
  assert.equal((await db.health()).status, 'down')
  assert.equal(existsSync(path), false)
})
