// A column is lost if names are compared as text where the database folds them: a table with a capital letter, to which somebody added a column.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const people = max => schema({ people: model('people', { id: c.id(), name: c.text({ max }) }).table('People') })

test('a revision of a table with a capital leaves what others added', async t => {
  const shop = await workshop(t)
  const [before, after] = [people(10), people(50)]
  await shop.write(before, 'first')
  await shop.upgrade()
  await shop.using(before, async db => {
    await raw(db, 'ALTER TABLE "People" ADD COLUMN extra TEXT')
    await db.people.create({ name: 'Ada' })
    await raw(db, `UPDATE "People" SET extra = 'kept'`)
  })
  await shop.write(after, 'longer')
  // SQLite would make the table anew, without the column: refused. PostgreSQL changes the one column.
  if (dialect === 'sqlite') await fails(() => shop.upgrade(), { code: 'DRIFTED' })
  else await shop.upgrade()
  const rows = await shop.using(before, db => raw(db, 'SELECT extra FROM "People"'))
  assert.deepEqual(rows, [{ extra: 'kept' }])
})
