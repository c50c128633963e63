// Kept rows on a PostgreSQL server: triggers and functions that use the search path, policies, rows that are too wide.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, initDb, kept, model, open, repair, resetDb, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { onServer, serverUrlFor } from '../support/dialect-postgres.mjs'
import { query } from '../support/postgres.mjs'

const models = schema({ users: model('users', { id: c.id(), name: c.text().nullable() }) })

async function place(t, sql) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  for (const statement of sql) await raw(db, statement)
  return { url, db }
}

test('triggers fire in a restore as for any other change: they find what they name', async t => {
  const { url, db } = await place(t, [
    'CREATE TABLE audit (name text)',
    `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO audit VALUES (NEW.name); RETURN NEW; END $$`,
    'ALTER TABLE users ADD phone text',
    `INSERT INTO users (name, phone) VALUES ('a', '1'), ('b', '2')`,
    'CREATE TRIGGER noted BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note()',
  ])
  await repair({ models, url, destructive: true, keep: true })
  assert.equal((await restoreKept({ url, number: 1 })).rows, 2)
  assert.deepEqual(await raw(db, 'SELECT name, phone FROM users ORDER BY id'), [
    { name: 'a', phone: '1' },
    { name: 'b', phone: '2' },
  ])
  assert.equal((await raw(db, 'SELECT * FROM audit')).length, 2)
})

test('a domain whose check calls a function takes its values back', async t => {
  const rule = [
    'CREATE FUNCTION longest() RETURNS integer LANGUAGE sql AS $$ SELECT 5 $$',
    `CREATE FUNCTION fits(value text) RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN RETURN length(value) < longest(); END $$`,
    'CREATE DOMAIN short AS text CHECK (fits(VALUE))',
  ]
  const { url, db } = await place(t, [
    ...rule,
    'CREATE TABLE codes (id integer PRIMARY KEY, code short)',
    `INSERT INTO codes VALUES (1, 'ab')`,
  ])
  await resetDb({ models, url, keep: true })
  for (const statement of rule)
    await raw(db, statement.replace(/^CREATE FUNCTION/, 'CREATE OR REPLACE FUNCTION')).catch(() => {})
  assert.equal((await restoreKept({ url, number: 1 })).rows, 1)
})

test('a table that is made again has its policies', async t => {
  const { url, db } = await place(t, [
    'CREATE TABLE secrets (id integer PRIMARY KEY, who text, what text)',
    `INSERT INTO secrets VALUES (1, 'ada', 'x')`,
    'ALTER TABLE secrets ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE secrets FORCE ROW LEVEL SECURITY',
    'CREATE POLICY own ON secrets AS RESTRICTIVE FOR UPDATE USING (who = current_user) WITH CHECK (id > 0)',
    'CREATE POLICY "every one" ON secrets FOR SELECT TO PUBLIC USING (true)',
  ])
  const policies = () =>
    raw(
      db,
      `SELECT c.relrowsecurity, c.relforcerowsecurity, p.policyname::text, p.permissive, p.roles::text, p.cmd, p.qual, p.with_check
        FROM pg_class c JOIN pg_policies p ON p.tablename = c.relname WHERE c.relname = 'secrets' ORDER BY p.policyname`,
    )
  const before = await policies()
  assert.equal(before.length, 2)
  await resetDb({ models, url, keep: true })
  assert.equal((await restoreKept({ url, number: 1 })).rows, 1)
  assert.deepEqual(await policies(), before)
})

test('rows that are too wide as texts are KEEP_REFUSED before anything is done', async t => {
  const days = Array.from({ length: 900 }, (_, at) => `d${at}`)
  const { url, db } = await place(t, [
    `CREATE TABLE days (${days.map(name => `${name} date`).join(', ')})`,
    `INSERT INTO days VALUES (${days.map(() => `'2026-11-30'`).join(', ')})`,
  ])
  await fails(() => resetDb({ models, url, keep: true }), { code: 'KEEP_REFUSED', table: 'days', hint: /--no-keep/ })
  assert.deepEqual((await kept({ url })).kept, [])
  assert.equal((await raw(db, 'SELECT 1 FROM days')).length, 1)
})

test('a list of what is kept that is locked is BUSY, and not waited for without end', async t => {
  const { url, db } = await place(t, ['ALTER TABLE users ADD phone text', `INSERT INTO users (phone) VALUES ('1')`])
  await repair({ models, url, destructive: true, keep: true })
  const session = db.session()
  await session.sql`LOCK TABLE plinth_kept.list IN ACCESS EXCLUSIVE MODE`
  await fails(() => kept({ url }), { code: 'BUSY' })
  await session.rollback()
  await session.close()
  assert.equal((await kept({ url })).kept.length, 1)
})

test('rows are not kept in a schema or a list of another role', async t => {
  const { url, db } = await place(t, [])
  const database = decodeURIComponent(new URL(url).pathname.slice(1))
  const role = `service_of_${database}`
  await onServer(`CREATE ROLE ${role} LOGIN`)
  t.after(async () => {
    await query(url, `DROP OWNED BY ${role} CASCADE`)
    await onServer(`DROP ROLE ${role}`)
  })
  for (const sql of [
    `GRANT ALL ON SCHEMA public TO ${role}`,
    `ALTER TABLE users OWNER TO ${role}`,
    `INSERT INTO users (name) VALUES ('a')`,
    `DROP TABLE plinth_shape, plinth_seeds`,
    'CREATE SCHEMA plinth_kept',
    `GRANT ALL ON SCHEMA plinth_kept TO ${role}`,
  ])
    await raw(db, sql)
  const service = await serverUrlFor({ database, user: role })
  const reset = keep => resetDb({ models, url: service, keep })
  const refused = { code: 'KEEP_REFUSED', message: /schema plinth_kept belongs to the role/, hint: /OWNER TO/ }
  await fails(() => reset(true), refused)
  assert.equal(await db.users.count(), 1)
  await raw(db, `ALTER SCHEMA plinth_kept OWNER TO ${role}`)
  await raw(db, 'CREATE TABLE plinth_kept.list (number bigint)')
  await fails(() => reset(true), { ...refused, message: /table plinth_kept\.list belongs to the role/ })
  assert.equal(await db.users.count(), 1)
})

test('a foreign key to a partitioned table comes back once, after the partitions', async t => {
  const partitions = [
    'CREATE TABLE events (id integer PRIMARY KEY) PARTITION BY RANGE (id)',
    'CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)',
    'CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM (10) TO (100)',
  ]
  const { url, db } = await place(t, [
    ...partitions,
    'INSERT INTO events VALUES (1), (20)',
    'CREATE TABLE orders (id integer PRIMARY KEY, event integer REFERENCES events DEFERRABLE INITIALLY DEFERRED)',
    'INSERT INTO orders VALUES (1, 1), (2, 20)',
    'ALTER TABLE orders ENABLE ROW LEVEL SECURITY',
  ])
  const report = await resetDb({ models, url, keep: true })
  const numbers = report.kept.map(({ number }) => number)
  for (const statement of partitions) await raw(db, statement)
  const restored = await restoreKept({ url, number: numbers })
  assert.equal(restored.rows, 4)
  assert.deepEqual(await raw(db, 'SELECT id, event FROM orders ORDER BY id'), [
    { id: 1, event: 1 },
    { id: 2, event: 20 },
  ])
  const [{ secure }] = await raw(db, "SELECT relrowsecurity AS secure FROM pg_class WHERE relname = 'orders'")
  assert.equal(secure, true)
  const { kept: entries } = await kept({ url })
  assert.match(entries.find(({ what }) => what === 'orders').definition, /FOREIGN KEY/)
  await fails(() => raw(db, 'INSERT INTO orders VALUES (3, 50)'), { code: 'FOREIGN_KEY_VIOLATION' })
})

test('rows without a key that a trigger would leave out are refused, not counted as restored', async t => {
  const skip = [
    'CREATE TABLE lines (text text)',
    `CREATE OR REPLACE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF NEW.text = 'a' THEN RETURN NULL; END IF; RETURN NEW; END $$`,
  ]
  const { url, db } = await place(t, [skip[0], `INSERT INTO lines VALUES ('a'), ('b')`])
  await resetDb({ models, url, keep: true })
  for (const statement of skip) await raw(db, statement)
  await raw(db, 'CREATE TRIGGER skipping BEFORE INSERT ON lines FOR EACH ROW EXECUTE FUNCTION skip()')
  await fails(() => restoreKept({ url, number: 1 }), { code: 'RESTORE_REFUSED', message: /would not all be there/ })
  assert.deepEqual(await raw(db, 'SELECT * FROM lines'), [])
  await raw(db, 'DROP TRIGGER skipping ON lines')
  assert.deepEqual((await restoreKept({ url, number: 1 })).rows, 2)
})

test('rows of a table and of those that inherit from it come back, also with equal keys', async t => {
  const make = [
    'CREATE TABLE above (id integer PRIMARY KEY, name text)',
    'CREATE TABLE below (PRIMARY KEY (id)) INHERITS (above)',
  ]
  const { url, db } = await place(t, [
    ...make,
    `INSERT INTO above VALUES (1, 'x')`,
    `INSERT INTO below VALUES (1, 'x')`,
  ])
  const report = await resetDb({ models, url, keep: true })
  for (const statement of make) await raw(db, statement)
  const numbers = report.kept.map(({ number }) => number)
  assert.equal((await restoreKept({ url, number: numbers.toReversed() })).rows, 2)
  assert.deepEqual(await raw(db, 'SELECT * FROM ONLY above'), [{ id: 1, name: 'x' }])
  assert.deepEqual(await raw(db, 'SELECT * FROM below'), [{ id: 1, name: 'x' }])
})

test('a foreign key of numbers is compared by value', async t => {
  const make = [
    'CREATE TABLE rates (rate numeric PRIMARY KEY)',
    'CREATE TABLE uses (id integer PRIMARY KEY, rate numeric REFERENCES rates)',
  ]
  const { url, db } = await place(t, [...make, 'INSERT INTO rates VALUES (1.0)', 'INSERT INTO uses VALUES (1, 1.00)'])
  const report = await resetDb({ models, url, keep: true })
  assert.equal((await restoreKept({ url, number: report.kept.map(({ number }) => number) })).rows, 2)
  assert.deepEqual(await raw(db, 'SELECT rate::text AS rate FROM uses'), [{ rate: '1.00' }])
})
