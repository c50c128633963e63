// Names in any case: SQLite takes two spellings for one name, and what others added beside such a name is found and kept.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, downgrade, index, initDb, model, open, schema, unique, upgrade } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { workshop } from '../support/migrations.mjs'

/** Tables, from plain to odd. */
const NAMES = ['people', 'People', 'GRÖSSE', 'Order', 'Two "Words"', "It's [odd]"]
/** SQLite folds ASCII letters and no others. */
const lower = text => text.replace(/[A-Z]/g, letter => letter.toLowerCase())
const upper = text => text.replace(/[a-z]/g, letter => letter.toUpperCase())
const quoted = name => `"${name.replaceAll('"', '""')}"`

/** A table whose change of length makes it anew. */
const models = (name, max, more = {}) =>
  schema({ people: model('people', { id: c.id(), name: c.text({ max }).name('Name'), ...more }).table(name) })

/** The last bracket of a CREATE TABLE closes behind this too. */
const constraint = text => (_, sql) => sql.replace(/\)$/, `, ${text})`)

/** The additions of another program to the table, in other spellings. */
const ADDITIONS = {
  'a column': table => `ALTER TABLE ${lower(table)} ADD COLUMN "Extra" TEXT DEFAULT 'kept'`,
  'a CHECK without a name': constraint(`CHECK ("nAME" <> 'forbidden')`),
  'a CHECK with a name': constraint(`CONSTRAINT "Of Others" CHECK (Name <> 'forbidden')`),
  'a UNIQUE': constraint('UNIQUE (NAME)'),
  'a foreign key': constraint('FOREIGN KEY (ID) REFERENCES Parents (iD)'),
}

const using = async (options, work) => {
  const db = open(options)
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

/** Adds it; a constraint by making the table anew. */
async function add(db, name, addition) {
  const table = quoted(name)
  const [{ sql }] = await db.sql`SELECT sql FROM sqlite_schema WHERE name = ${name}`
  const made = addition(table, sql)
  await db.people.create({ name: 'ada' })
  if (made.startsWith('ALTER')) return raw(db, made)
  await raw(db, 'CREATE TABLE parents (id INTEGER PRIMARY KEY)')
  await raw(db, 'INSERT INTO parents VALUES (1)')
  await raw(db, made.replace(/^CREATE TABLE ("(""|[^"])+")/, 'CREATE TABLE others'))
  await raw(db, `INSERT INTO others SELECT * FROM ${table}`)
  await raw(db, `DROP TABLE ${table}`)
  await raw(db, `ALTER TABLE others RENAME TO ${upper(table)}`)
}

const content = async (db, name) => [
  await db.sql`SELECT type, name, sql FROM sqlite_schema ORDER BY name`,
  await raw(db, `SELECT * FROM ${quoted(name)}`),
]

for (const name of NAMES) {
  test(`what others added beside ${name} is not lost by upgrade, init or downgrade`, async t => {
    const shop = await workshop(t)
    const [short, long] = [models(name, 10), models(name, 50)]
    const [first] = (await shop.write(short, 'first')).revisions
    await shop.write(long, 'longer')
    for (const [what, addition] of Object.entries(ADDITIONS)) {
      const runs = [
        ['upgrade', first.version, options => upgrade(options)],
        ['init', first.version, options => initDb({ ...options, models: long })],
        ['downgrade', 'head', options => downgrade({ ...options, to: '-1' })],
      ]
      for (const [call, to, run] of runs) {
        const options = { url: await newUrl(t), migrations: shop.migrations, cwd: shop.cwd }
        await upgrade({ ...options, to })
        await using({ url: options.url, models: short }, async db => {
          await add(db, name, addition)
          const before = await content(db, name)
          const error = await fails(() => run(options), { code: 'DRIFTED' })
          assert.ok(what !== 'a column' || error.message.includes(`${name}.Extra`), error.message)
          assert.deepEqual(await content(db, name), before, `${what}, ${call}`)
        })
      }
    }
  })
}

test('a table of others in another spelling is adopted with what is missing, and its numbers go on', async t => {
  const shop = await workshop(t)
  const wanted = schema({
    people: model('people', { id: c.id(), name: c.text().name('Name'), age: c.integer().name('AGE').nullable() }, t => [
      index(t.name).name('By Name'),
      unique(t.age).name('Ages'),
    ]).table('People'),
  })
  await shop.write(wanted, 'first')
  await shop.using(wanted, async db => {
    await db.sql`CREATE TABLE pEOPLE (
      ID INTEGER NOT NULL, "nAME" TEXT NOT NULL, CONSTRAINT people_PKEY PRIMARY KEY (id AUTOINCREMENT))`
    await db.sql`INSERT INTO people (id, name) VALUES (1, 'ada'), (7, 'gone')`
    await db.sql`DELETE FROM people WHERE id = 7`
  })
  assert.equal((await shop.init(wanted)).adopted, true)
  await shop.using(wanted, async db => {
    assert.deepEqual(await db.people.list(), [{ id: 1, name: 'ada', age: null }])
    assert.equal((await db.people.create({ name: 'bob', age: 3 })).id, 8, 'a number that was given is given again')
  })
  assert.equal((await shop.init(wanted)).adopted, false)
})

test('a violation names columns as the model does, however the database spells them', async t => {
  const models = schema({
    people: model('people', {
      id: c.id(),
      email: c.text().name('E-Mail, First.').unique({ name: 'Emails' }),
      age: c.integer().name('AGE').check('AGE > 0', { name: 'Grown' }),
    }).table('Our.People'),
  })
  const db = open({ models, url: await newUrl(t) })
  t.after(() => db.close())
  await db.sql`CREATE TABLE "our.pEOPLE" (ID INTEGER PRIMARY KEY, "e-mAIL, first." TEXT NOT NULL, aGE INTEGER NOT NULL,
    CONSTRAINT eMAILS UNIQUE ("e-mail, first."), CONSTRAINT gROWN CHECK (age > 0))`
  await db.people.create({ email: 'a', age: 3 })
  const table = 'Our.People'
  const taken = { code: 'UNIQUE_VIOLATION', table, columns: ['email'], constraint: 'Emails', found: 'email = "a"' }
  const error = await fails(() => db.people.create({ email: 'a', age: 3 }), taken)
  assert.match(error.message, /^A row of Our\.People with the same E-Mail, First\. already exists/)
  const young = { code: 'CHECK_VIOLATION', table, columns: ['age'], constraint: 'Grown', found: 'age = 0' }
  await fails(() => db.people.create({ email: 'b', age: 0 }), young)
  await fails(() => db.sql`INSERT INTO "Our.People" (age) VALUES (1)`, {
    code: 'NOT_NULL_VIOLATION',
    columns: ['email'],
  })
})

test('a trigger, a view and an index in other spellings outlive a table made anew', async t => {
  const shop = await workshop(t)
  await shop.write(models('People', 10), 'first')
  await shop.upgrade()
  await shop.write(models('People', 50), 'longer')
  await shop.using(models('People', 10), async db => {
    await db.people.create({ name: 'ada' })
    await db.sql`CREATE TABLE log (name TEXT)`
    await db.sql`CREATE TRIGGER "Note" AFTER UPDATE ON PEOPLE BEGIN INSERT INTO log VALUES (new.NAME); END`
    await db.sql`CREATE VIEW Seen AS SELECT NAME FROM pEOPLE`
    await db.sql`CREATE INDEX "Of Others" ON people (nAME) WHERE NAME <> ''`
  })
  await shop.upgrade()
  await shop.using(models('People', 50), async db => {
    const there = await db.sql`SELECT name FROM sqlite_schema WHERE name IN ('Note', 'Seen', 'Of Others')`
    assert.equal(there.length, 3)
    await db.people.updateMany({ where: { name: 'ada' } }, { name: 'bob' })
    assert.deepEqual(await db.sql`SELECT * FROM log`, [{ name: 'bob' }])
    assert.equal((await db.sql`SELECT * FROM seen`).length, 1)
  })
})
