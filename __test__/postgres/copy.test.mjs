// createMany of hundreds of rows, which are copied, on what COPY would treat otherwise than INSERT does, and where others made the table.
import assert from 'node:assert/strict'
import { c, initDb, model, open, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const models = schema({ notes: model('notes', { id: c.id(), text: c.text(), n: c.integer().default(0) }) })
const rows = Array.from({ length: 500 }, (_, n) => ({ text: `note ${n}`, n }))
const texts = async db => (await db.notes.list({ orderBy: { id: 'asc' } })).map(note => note.text)

const plain = rows.map(note => note.text)

test('triggers run, also those that change a row', async t => {
  const db = await database(t, models)
  await raw(
    db,
    `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := upper(NEW.text); RETURN NEW; END $$`,
  )
  await db.sql`CREATE TRIGGER shout BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION shout()`
  await db.notes.createMany(rows)
  assert.deepEqual(
    await texts(db),
    plain.map(text => text.toUpperCase()),
  )
  await db.sql`DROP TRIGGER shout ON notes`
  await db.sql`CREATE TABLE seen (n bigint)`
  await raw(
    db,
    `CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen VALUES (NEW.n); RETURN NULL; END $$`,
  )
  await db.sql`CREATE TRIGGER see AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION see()`
  await db.notes.createMany(rows)
  assert.equal((await db.sql`SELECT count(*) AS n FROM seen`)[0].n, 500)
})

test('views, rules, partitions and sequences of others are inserted into as INSERT does', async t => {
  const url = await newUrl(t)
  await query(url, 'CREATE TABLE base (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, n bigint)')
  await query(url, 'CREATE VIEW notes AS SELECT * FROM base')
  const db = open({ models, url })
  t.after(() => db.close())
  assert.deepEqual((await db.notes.createMany(rows)).length, 500)
  assert.deepEqual(await texts(db), plain)
  await query(url, 'DROP VIEW notes')
  await query(url, 'CREATE TABLE notes (id bigint NOT NULL, text text, n bigint) PARTITION BY RANGE (n)')
  await query(url, 'CREATE TABLE low PARTITION OF notes FOR VALUES FROM (0) TO (250)')
  await query(url, 'CREATE TABLE high PARTITION OF notes FOR VALUES FROM (250) TO (1000)')
  await fails(() => db.notes.createMany(rows), { code: 'NOT_NULL_VIOLATION', row: 0 })
  await query(url, `ALTER TABLE notes ALTER id SET DEFAULT 7`)
  assert.ok((await db.notes.createMany(rows)).every(note => note.id === 7))
  assert.equal((await db.sql`SELECT count(*) AS n FROM high`)[0].n, 250)
})

test('row security refuses rows as it does one by one', async t => {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close())
  await initDb({ db })
  const [{ name }] = await db.sql`SELECT 'writer_' || pg_backend_pid() AS name`
  await raw(db, `CREATE ROLE ${name} LOGIN PASSWORD 'w'`)
  t.after(() => query(url, `DROP OWNED BY ${name}`).then(() => query(url, `DROP ROLE ${name}`)))
  await raw(db, `GRANT ALL ON notes TO ${name}`)
  await db.sql`ALTER TABLE notes ENABLE ROW LEVEL SECURITY`
  await raw(db, `CREATE POLICY few ON notes TO ${name} USING (true) WITH CHECK (n < 400)`)
  const theirs = new URL(url)
  theirs.username = name
  theirs.password = 'w'
  const other = open({ models, url: theirs.href })
  t.after(() => other.close())
  await fails(() => other.notes.createMany(rows), { code: 'PERMISSION_DENIED', row: 400 })
  assert.equal(await db.notes.count(), 0)
  assert.equal((await other.notes.createMany(rows.slice(0, 400))).length, 400)
})

test('keys stay apart where many callers insert many rows at once', async t => {
  const db = await database(t, models)
  const all = await Promise.all(Array.from({ length: 12 }, () => db.notes.createMany(rows)))
  const ids = all.flat().map(note => note.id)
  assert.equal(new Set(ids).size, 12 * 500)
  for (const made of all) assert.ok(made.every((note, i) => i === 0 || note.id > made[i - 1].id))
  assert.equal(await db.notes.count(), 12 * 500)
})

test('a table that was dropped and made again is found', async t => {
  const db = await database(t, models)
  await db.notes.createMany(rows)
  await db.sql`DROP TABLE notes`
  // A start makes no table again that existed before: it would hide that its rows are gone.
  await db.repair()
  assert.equal((await db.notes.createMany(rows))[0].id, 1)
  assert.deepEqual(await texts(db), plain)
})
