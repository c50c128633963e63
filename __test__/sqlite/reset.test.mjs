// resetDb on a file: what SQLite has of its own, and readers that go on beside it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { initDb, resetDb } from 'plinth'
import { objects } from '../support/dialect.mjs'
import { fileUrl } from '../support/dialect-sqlite.mjs'
import { emails, models, opened, tables } from '../support/engine.mjs'

test('a full-text table goes with all that is behind it', async t => {
  const db = await tables(t)
  const made = await db.sql`CREATE VIRTUAL TABLE search USING fts5(body)`.then(
    () => true,
    () => false,
  )
  if (!made) return t.skip('this SQLite has no full-text search')
  await db.sql`INSERT INTO search VALUES ('words')`
  const report = await resetDb({ db })
  assert.ok(report.dropped.tables.some(table => table.name === 'search'))
  assert.deepEqual(await objects(db), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
})

test('an open session that only reads does not see half of a reset', async t => {
  const url = fileUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  await db.users.create({ email: 'a' })
  await db.transaction(
    async tx => {
      assert.equal(await tx.users.count(), 1)
      await resetDb({ models, url })
      assert.deepEqual(await emails(tx), ['a'])
    },
    { readOnly: true },
  )
  assert.equal(await db.users.count(), 0)
})
