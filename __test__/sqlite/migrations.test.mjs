// Tables that SQLite makes anew: nothing that depends on them is lost, and the progress of the copy
// is reported.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, model, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { checkIntegrity } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const people = columns =>
  schema({
    people: model('people', { id: c.id(), name: c.text(), ...columns }, t => [index(t.name)]),
    pets: model('pets', {
      id: c.id(),
      ownerId: c.integer().references('people.id', { onDelete: 'cascade' }),
      friendId: c.integer().nullable().references('pets.id', { onDelete: 'set null' }),
    }),
  })
const [before, after] = [people({ age: c.integer() }), people({ age: c.real() })]

/** A database before the change, which makes `people` anew. */
async function begun(t) {
  const shop = await workshop(t)
  await shop.write(before, 'first')
  await shop.upgrade()
  const { revisions } = await shop.write(after, 'ages are real')
  assert.match(revisions[0].files['up.sqlite.sql'], /INSERT INTO "plinth_new_people"/)
  return shop
}

test('rows that point to it, triggers, views and indexes of others stay, up and down', async t => {
  const shop = await begun(t)
  await shop.using(before, async db => {
    await db.people.createMany([
      { name: 'a', age: 1 },
      { name: 'b', age: 2 },
      { name: 'gone', age: 3 },
    ])
    await db.people.deleteMany({ where: { name: 'gone' } })
    await db.pets.createMany([{ ownerId: 1 }, { ownerId: 2, friendId: 1 }])
    await db.sql`CREATE TABLE deleted (name TEXT)`
    await db.sql`CREATE TRIGGER note AFTER DELETE ON people BEGIN INSERT INTO deleted VALUES (OLD.name); END`
    await db.sql`CREATE VIEW names AS SELECT name FROM people`
    await db.sql`CREATE INDEX of_others ON people (age) WHERE age > 1`
  })
  const others = db =>
    db.sql`SELECT name, type FROM sqlite_schema WHERE name IN ('note', 'names', 'of_others') ORDER BY name`
  for (const [run, models] of [
    [() => shop.upgrade(), after],
    [() => shop.downgrade(), before],
  ]) {
    await run()
    await shop.using(models, async db => {
      assert.deepEqual(
        (await db.people.list({ orderBy: { id: 'asc' } })).map(row => [row.id, row.age]),
        [
          [1, 1],
          [2, 2],
        ],
      )
      assert.deepEqual(await db.pets.list({ orderBy: { id: 'asc' } }), [
        { id: 1, ownerId: 1, friendId: null },
        { id: 2, ownerId: 2, friendId: 1 },
      ])
      assert.equal((await others(db)).length, 3)
      assert.equal((await db.sql`SELECT * FROM deleted`).length, 0, 'the trigger did not run')
      assert.equal((await db.sql`SELECT * FROM names`).length, 2)
      await checkIntegrity(db)
    })
  }
  // A key that was given once is not given again.
  assert.equal((await shop.using(before, db => db.people.create({ name: 'c', age: 4 }))).id, 4)
})

test('additions of others to the table that a copy would lose are reported, and nothing changes', async t => {
  const shop = await begun(t)
  await shop.using(before, db => db.sql`ALTER TABLE people ADD COLUMN nickname TEXT`)
  const error = await fails(() => shop.upgrade(), { code: 'DRIFTED' })
  assert.match(`${error.message} ${error.table} ${error.columns}`, /people.*nickname|nickname.*people/)
  assert.equal((await shop.status()).pending.length, 1)
  await shop.using(before, async db => {
    assert.ok('nickname' in (await db.sql`SELECT * FROM people UNION ALL SELECT 1, 'a', 1, 'b'`)[0])
  })
})

test('a long copy tells how many rows of how many', async t => {
  const shop = await begun(t)
  await shop.using(
    before,
    db => db.sql`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 120000)
      INSERT INTO people (name, age) SELECT 'person ' || n, n FROM i`,
  )
  const told = []
  await shop.upgrade('head', { onProgress: ({ rows, of }) => rows !== undefined && told.push([rows, of]) })
  assert.ok(told.length >= 2, `${told}`)
  assert.deepEqual(told.at(-1), [120000, 120000])
  assert.deepEqual(
    told,
    told.toSorted(([a], [b]) => a - b),
  )
})

test('a backfill that leaves moments which cannot be read fails its proof', async t => {
  const shop = await workshop(t)
  await shop.write(people({ age: c.integer() }), 'first')
  const dated = people({ age: c.integer(), at: c.timestamp() })
  const backfill = sql => ({ backfill: { 'people.at': sql } })
  await fails(() => shop.write(dated, 'moments', backfill('CURRENT_TIMESTAMP')), {
    code: 'PROOF_FAILED',
    table: 'people',
    columns: ['at'],
    hint: /strftime/,
  })
  await shop.write(dated, 'moments', backfill("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"))
  await shop.upgrade()
})
