// Keys that are equal to the database and not alike as text: an include has to find what the foreign key and a filter find.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const models = schema(
  {
    people: model('people', { name: c.text().primaryKey() }),
    pets: model('pets', { id: c.id(), owner: c.text().references('people.name') }),
  },
  { people: r => ({ pets: r.many('pets', 'owner') }), pets: r => ({ person: r.one('people', 'owner') }) },
)
const FOLDED = {
  sqlite: ['SELECT 1', 'TEXT COLLATE NOCASE'],
  postgres: [
    `CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    'text COLLATE no_case',
  ],
}

test('a child that spells its key otherwise has its parent, and the parent its child', async t => {
  const db = open({ models, url: await newUrl(t) })
  t.after(() => db.close())
  const [first, type] = FOLDED[dialect]
  for (const sql of [
    first,
    `CREATE TABLE people (name ${type} PRIMARY KEY)`,
    `CREATE TABLE pets (id integer PRIMARY KEY, owner ${type} NOT NULL REFERENCES people (name))`,
    `INSERT INTO people VALUES ('Ada')`,
    `INSERT INTO pets VALUES (1, 'ada')`,
  ])
    await raw(db, sql)
  const where = { person: { is: { name: 'Ada' } } }
  assert.deepEqual(await db.pets.list({ where, include: { person: true } }), [
    { id: 1, owner: 'ada', person: { name: 'Ada' } },
  ])
  const [ada] = await db.people.list({ include: { pets: true } })
  assert.deepEqual(ada.pets, [{ id: 1, owner: 'ada' }])
})
