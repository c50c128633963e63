// Objects of others depend on those that a repair would change: these are reported as blocked, and
// the rest is done. And what a plan says of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, index, model, repair, schema, unique } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

const models = schema({
  books: model(
    'books',
    { id: c.id(), title: c.text(), year: c.integer().default(2000), isbn: c.text().nullable() },
    t => [index(t.title), unique(t.isbn)],
  ),
})

/** A library with two books, its tables made by the models; `change`: SQL that is run by hand. */
async function library(t, ...changes) {
  const shop = await workshop(t)
  await shop.init(models, { migrations: false })
  await shop.using(models, async db => {
    await db.books.createMany([{ title: 'One', isbn: '1' }, { title: 'Two' }])
    for (const sql of changes) await db.sql(Object.assign([sql], { raw: [sql] }))
  })
  const books = () => shop.using(models, db => db.sql`SELECT id, title, year FROM books ORDER BY id`)
  return { books, repair: more => repair({ models, url: shop.url, cwd: shop.cwd, ...more }) }
}

const told = list => list.map(({ object, name, grade }) => [object, name, grade])

test('a view on a column that goes blocks that column alone', async t => {
  const shop = await library(
    t,
    'ALTER TABLE books ADD COLUMN stray text',
    'CREATE VIEW strays AS SELECT stray FROM books',
    'DROP INDEX books_title_idx',
  )
  const before = await shop.books()
  const { outcome, repaired, remaining } = await shop.repair({ destructive: true })
  assert.equal(outcome, 'repaired')
  assert.deepEqual(told(repaired), [['index', 'books_title_idx', 'safe']])
  assert.deepEqual(told(remaining), [['column', 'stray', 'blocked']])
  assert.match(remaining[0].why, /strays/)
  assert.match(remaining[0].fix, /Before that, drop or change/)
  assert.deepEqual(await shop.books(), before)
  // Nothing else is left to do: the same again changes nothing.
  assert.equal((await shop.repair({ destructive: true })).outcome, 'nothing')
})

test('a view on a column that is retyped blocks that column alone', { skip: dialect !== 'postgres' }, async t => {
  const shop = await library(
    t,
    'ALTER TABLE books ALTER year TYPE integer',
    'CREATE VIEW years AS SELECT year + 1 AS next FROM books',
    'DROP INDEX books_title_idx',
    "COMMENT ON TABLE books IS 'by hand'",
  )
  const before = await shop.books()
  const { repaired, remaining } = await shop.repair()
  assert.deepEqual(told(repaired).sort(), [
    ['comment', null, 'safe'],
    ['index', 'books_title_idx', 'safe'],
  ])
  assert.deepEqual(told(remaining), [['column', 'year', 'blocked']])
  assert.match(remaining[0].why, /_RETURN .* years /)
  assert.deepEqual(await shop.books(), before)
})

test('a unique that foreign keys of others need is blocked alone', { skip: dialect !== 'postgres' }, async t => {
  const shop = await library(
    t,
    'ALTER TABLE books ADD CONSTRAINT one_title UNIQUE (title)',
    'CREATE TABLE reviews (title text REFERENCES books (title))',
    'ALTER TABLE books ADD COLUMN stray text',
  )
  const { repaired, remaining, kept } = await shop.repair({ destructive: true, keep: true })
  assert.deepEqual(told(repaired), [['column', 'stray', 'destructive']])
  assert.deepEqual(told(remaining), [['unique', 'one_title', 'blocked']])
  assert.match(remaining[0].why, /reviews/)
  assert.equal(kept.length, 1, 'what the first try kept went with it')
})

test('a plan has what follows from its first steps, as the repair does it', async t => {
  const gone =
    dialect === 'postgres'
      ? ['ALTER TABLE books DROP COLUMN isbn']
      : [
          'CREATE TABLE other (id INTEGER CONSTRAINT books_pkey PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, year INTEGER NOT NULL DEFAULT 2000)',
          'INSERT INTO other SELECT id, title, year FROM books',
          'DROP TABLE books',
          'ALTER TABLE other RENAME TO books',
          'CREATE INDEX books_title_idx ON books (title)',
        ]
  const shop = await library(t, ...gone)
  const plan = await shop.repair({ plan: true })
  assert.deepEqual(told(plan.repaired), [
    ['column', 'isbn', 'missing-data'],
    ['unique', 'books_isbn_key', 'safe'],
  ])
  assert.match(plan.repaired[1].why, /Rows are read for it once the objects that it names are there/)
  assert.deepEqual(plan.remaining, [])
  const { repaired, remaining, steps } = await shop.repair()
  assert.deepEqual(told(repaired), told(plan.repaired))
  assert.deepEqual(remaining, [])
  assert.deepEqual(steps, plan.steps)
})

test('an object that gets its name back is not reported as lost', async t => {
  const shop = await library(t, 'ALTER TABLE books RENAME COLUMN title TO name')
  for (const plan of [true, false]) {
    const { repaired } = await shop.repair({ plan, rename: { 'books.name': 'books.title' } })
    const columns = repaired.filter(({ object }) => object === 'column')
    assert.equal(columns.length, 2)
    for (const { why } of columns) assert.equal(why, 'It gets its name back, with all that it holds.')
  }
})

test('while a table lacks a column and has another, no fix names a command that does nothing', async t => {
  const shop = await library(t, 'ALTER TABLE books ADD COLUMN pages real', 'ALTER TABLE books DROP COLUMN year')
  const { remaining } = await shop.repair({ destructive: true })
  const [pages, year] = ['pages', 'year'].map(column => remaining.find(({ name }) => name === column))
  assert.match(year.fix, /extra columns: pages\. .*--rename books\.<that>:books\.year.*--recreate books\.year/)
  assert.match(pages.fix, /once `--rename` or `--recreate` decides about year/)
  const wrong = await fails(() => shop.repair({ recreate: ['books.nothing'] }), { code: 'CHOICE_INVALID' })
  assert.equal(wrong.found, 'no model and no revision declares it')
  const there = await fails(() => shop.repair({ recreate: ['books.title'] }), { code: 'CHOICE_INVALID' })
  assert.equal(there.found, 'it exists')
})
