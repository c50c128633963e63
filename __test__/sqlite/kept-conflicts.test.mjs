// Kept rows of SQLite tables whose constraints replace rows: a restore is refused, and deletes no row.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { workshop } from '../support/migrations.mjs'

test('a restore replaces no row, even if a constraint of its table would', async t => {
  const others = { others: model('others', { id: c.id() }) }
  const before = schema({ ...others, people: model('people', { id: c.id(), email: c.text() }) })
  const shop = await workshop(t)
  await shop.write(before, 'first', { prove: false })
  await shop.upgrade()
  await shop.using(before, db => db.people.create({ email: 'a' }))
  await shop.write(schema(others), 'second', { prove: false })
  await shop.upgrade('head', { keep: true })
  await shop.using(before, async db => {
    await raw(db, 'CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE ON CONFLICT REPLACE)')
    await raw(db, "INSERT INTO people VALUES (77, 'a')")
    await fails(() => restoreKept({ url: shop.url, number: 1 }), { code: 'RESTORE_REFUSED' })
    assert.deepEqual(await raw(db, 'SELECT * FROM people'), [{ id: 77, email: 'a' }])
  })
})
