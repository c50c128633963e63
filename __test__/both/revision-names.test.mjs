// Names that change their case only: one name to SQLite, two to PostgreSQL, and a rename on both.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { checkIntegrity } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

/** People under this name, with pets that go with them. */
const owners = (name, former) => {
  const people = model('people', { id: c.id(), name: c.text().unique() }, t => [index(t.name, t.id)]).table(name)
  return schema({
    people: former ? people.renamedFrom(former) : people,
    pets: model('pets', { id: c.id(), personId: c.integer().references('people.id', { onDelete: 'cascade' }) }),
  })
}

test('a table whose name changes its case keeps its rows, its children and the view over it, up and down', async t => {
  const [old, now] = [owners('people'), owners('People', 'people')]
  const shop = await workshop(t)
  await shop.write(old, 'first')
  await shop.upgrade()
  await shop.using(old, async db => {
    await db.people.create({ name: 'Ada' })
    await db.pets.create({ personId: 1 })
    await db.sql`CREATE VIEW names AS SELECT name FROM people`
  })
  const { revisions } = await shop.write(now, 'another case')
  assert.ok(revisions[0].operations.includes('Rename the table people to People'), revisions[0].operations.join())
  for (const [models, move] of [
    [now, shop.upgrade],
    [old, shop.downgrade],
    [now, shop.upgrade],
  ]) {
    await move()
    await shop.using(models, async db => {
      assert.deepEqual(await db.people.list(), [{ id: 1, name: 'Ada' }])
      assert.deepEqual(await db.pets.list(), [{ id: 1, personId: 1 }])
      assert.deepEqual(await db.sql`SELECT name FROM names`, [{ name: 'Ada' }])
      await fails(() => db.people.create({ name: 'Ada' }), { code: 'UNIQUE_VIOLATION' })
      await fails(() => db.pets.create({ personId: 9 }), { code: 'FOREIGN_KEY_VIOLATION' })
      await checkIntegrity(db)
    })
  }
  assert.equal((await shop.check(now, { prove: true })).upToDate, true)
})

test('a table in another case is asked about, however unlike it is: nothing is dropped unasked', async t => {
  const shop = await workshop(t)
  const old = schema({ people: model('people', { id: c.id(), name: c.text() }) })
  const now = schema({ people: model('people', { key: c.uuid().primaryKey(), age: c.integer() }).table('People') })
  await shop.write(old, 'first')
  await shop.upgrade()
  const error = await fails(() => shop.write(now, 'second'), { code: 'DECISION_REQUIRED' })
  assert.deepEqual(error.questions, [{ question: 'rename', from: 'people', to: ['People'] }])
  await shop.write(now, 'second', { drop: ['people'] })
  await shop.upgrade()
  await shop.downgrade()
  await shop.upgrade()
  await shop.using(now, db => checkIntegrity(db))
})
