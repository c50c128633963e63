// init and reset on a server: the database itself, the schemas of the search path, and what is not theirs to touch.
import assert from 'node:assert/strict'
import { c, initDb, model, open, resetDb, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { exists, newUrl, noDatabase } from '../support/dialect.mjs'
import { onServer, serverUrlFor } from '../support/dialect-postgres.mjs'
import { emails, models, opened, program } from '../support/engine.mjs'
import { query } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

const withPath = (url, path) => `${url}?search_path=${encodeURIComponent(path)}`
const nameOf = url => decodeURIComponent(new URL(url).pathname.slice(1))

/** The relations of a schema, by their names. */
const relations = async (url, schema = 'public') =>
  (
    await query(
      url,
      `SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
       AND relname !~ '_seq$' ORDER BY relname`,
      [schema],
    )
  ).map(row => row.relname)

test('init creates the database where the role may, also when ten processes ask at once', async t => {
  const url = await noDatabase(t)
  const results = await Promise.all(
    Array.from({ length: 10 }, () =>
      program(url, 'initDb({ models, url }).then(r => console.log(r.created.tables.length, r.existing.tables.length))'),
    ),
  )
  assert.deepEqual(results.map(({ stdout, stderr }) => stdout + stderr).toSorted(), [
    ...Array(9).fill('0 2\n'),
    '2 0\n',
  ])
})

test('a role that may not create databases gets an error, and nothing is created', async t => {
  const { pathname } = new URL(await noDatabase(t))
  await onServer('DROP ROLE IF EXISTS may_not_create')
  await onServer('CREATE ROLE may_not_create LOGIN')
  t.after(() => onServer('DROP ROLE may_not_create'))
  const url = await serverUrlFor({ database: pathname.slice(1), user: 'may_not_create' })
  for (const call of [initDb, resetDb])
    await fails(() => call({ models, url }), { code: 'UNKNOWN_DATABASE', message: new RegExp(pathname.slice(1)) })
  assert.equal(await exists(url), false)
})

test('tables are in the first schema of the search path, which is made where it is missing', async t => {
  const plain = await newUrl(t)
  const url = withPath(plain, 'app,public')
  const { created } = await initDb({ models, url })
  assert.deepEqual(created.tables, ['users', 'posts'])
  assert.deepEqual(await relations(plain, 'app'), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  assert.deepEqual(await relations(plain), [])
  assert.deepEqual((await initDb({ models, url })).existing.tables, ['users', 'posts'])
  const db = opened(t, url)
  await db.users.create({ email: 'a' })
  assert.equal(db.sync.users.count(), 1)
  const odd = withPath(plain, '"Odd ""one"""')
  await initDb({ models, url: odd })
  assert.deepEqual(await relations(plain, '"Odd ""one"""'), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  assert.equal(await opened(t, odd).users.count(), 0)
})

test('two services share a database, each with a schema of its own', async t => {
  const plain = await newUrl(t)
  const [one, two] = ['one', 'two'].map(name => withPath(plain, name))
  await Promise.all([initDb({ models, url: one }), initDb({ models, url: two })])
  const [first, second] = [opened(t, one), opened(t, two)]
  await first.users.create({ email: 'a' })
  await second.users.createMany([{ email: 'b' }, { email: 'c' }])
  await resetDb({ db: first })
  assert.deepEqual([await first.users.count(), await emails(second)], [0, ['b', 'c']])
})

test('a reset takes what others made in these schemas, of every kind', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  await query(
    url,
    `CREATE TYPE mood AS ENUM ('good', 'bad');
     CREATE DOMAIN short AS text CHECK (length(value) < 9);
     CREATE TYPE pair AS (a integer, b mood);
     CREATE SEQUENCE counter;
     CREATE TABLE parent (id integer, at date, m mood, p pair, s short) PARTITION BY RANGE (at);
     CREATE TABLE part PARTITION OF parent FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     CREATE TABLE heir (extra integer DEFAULT nextval('counter')) INHERITS (users);
     CREATE TABLE computed (a integer, b integer GENERATED ALWAYS AS (a * 2) STORED, list text[], r int4range,
       EXCLUDE USING gist (r WITH &&));
     CREATE VIEW seen AS SELECT email FROM users;
     CREATE VIEW seen_twice AS SELECT * FROM seen;
     CREATE MATERIALIZED VIEW kept AS SELECT count(*) AS n FROM users;
     CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT $1 * 2';
     CREATE FUNCTION twice(text) RETURNS text LANGUAGE sql AS 'SELECT $1 || $1';
     CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
     CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer);
     CREATE TABLE by_function (a integer DEFAULT twice(2));
     INSERT INTO users (email) VALUES ('a'), ('b');
     INSERT INTO parent VALUES (1, '2026-05-05', 'good', (1, 'bad'), 'x')`,
  )
  const report = await resetDb({ models, url })
  const rows = Object.fromEntries(report.dropped.tables.map(table => [table.name, table.rows]))
  assert.equal(rows.users, 2)
  for (const name of ['parent', 'heir', 'computed', 'by_function']) assert.ok(name in rows, name)
  for (const name of ['seen', 'seen_twice', 'kept']) assert.ok(report.dropped.views.includes(name), name)
  assert.deepEqual(await relations(url), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  const left = await query(
    url,
    `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typname IN ('mood', 'short', 'pair')`,
  )
  assert.deepEqual(left, [])
  await initDb({ models, url })
})

test('init beside what others made says of it nothing, and reads all of it', async t => {
  const url = await newUrl(t)
  await query(
    url,
    `CREATE TYPE mood AS ENUM ('good', 'bad');
     CREATE TABLE others (a mood[], b int4range, c xml, d tsvector, e numeric, f money, g inet, h bit(3), i interval, j point,
       k timetz, l "char", m name, n oid, o jsonpath, p hstore_like, PRIMARY KEY (m))`.replace('p hstore_like, ', ''),
  )
  const report = await initDb({ models, url })
  assert.deepEqual([report.created.tables, report.pending], [['users', 'posts'], []])
})

test('objects of extensions stay through a reset', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const [extension] = await query(
    url,
    `SELECT name FROM pg_available_extensions WHERE name IN ('pg_stat_statements', 'hstore', 'citext', 'pgcrypto') LIMIT 1`,
  )
  if (!extension) return t.skip('this server has none of the extensions')
  await query(url, `CREATE EXTENSION ${extension.name}`)
  const objects = () => query(url, `SELECT count(*)::int AS n FROM pg_depend WHERE deptype = 'e'`)
  const before = await objects()
  await resetDb({ models, url })
  assert.deepEqual(await objects(), before)
})

test('other schemas are not touched; where they need what would go, the reset is refused and names it', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  await query(
    url,
    `CREATE SCHEMA reports; CREATE TABLE reports.numbers (n integer); INSERT INTO reports.numbers VALUES (1), (2);
     INSERT INTO users (email) VALUES ('a')`,
  )
  await resetDb({ models, url })
  assert.deepEqual(await query(url, 'SELECT n FROM reports.numbers ORDER BY n'), [{ n: 1 }, { n: 2 }])
  for (const make of [
    'CREATE VIEW reports.mine AS SELECT email FROM users',
    'CREATE TABLE reports.mine (user_id bigint REFERENCES public.users (id))',
  ]) {
    await query(url, `${make}; INSERT INTO users (email) VALUES ('kept') ON CONFLICT DO NOTHING`)
    await fails(() => resetDb({ models, url }), { code: 'RESET_REFUSED', message: /mine/ })
    await fails(() => resetDb({ models, url, force: true }), { code: 'RESET_REFUSED', message: /mine/ })
    assert.deepEqual(await query(url, 'SELECT email FROM users'), [{ email: 'kept' }])
    await query(url, `DROP ${make.includes('VIEW') ? 'VIEW' : 'TABLE'} reports.mine`)
  }
  await resetDb({ models, url })
  assert.deepEqual(await query(url, 'SELECT email FROM users'), [])
})

test('a reset of another machine is refused until it is forced, saying what it would have destroyed', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  await query(url, `INSERT INTO users (email) VALUES ('a'), ('b')`)
  // A name of this machine that is not localhost.
  const { networkInterfaces } = await import('node:os')
  const address = Object.values(networkInterfaces())
    .flat()
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address
  if (!address) return t.skip('this machine has no address of its own')
  const { startServer } = await import('../support/postgres.mjs')
  const server = await startServer({ settings: { listen_addresses: '*' } })
  t.after(() => server.close())
  const remote = server.url('app', { host: address })
  await initDb({ models, url: remote })
  await query(remote, `INSERT INTO users (email) VALUES ('a'), ('b')`)
  const error = await fails(() => resetDb({ models, url: remote }), { code: 'RESET_REFUSED', hint: /force/ })
  assert.match(error.message, /users \(2 rows\)/)
  assert.match(error.message, new RegExp(address.replaceAll('.', '\\.')))
  const db = opened(t, remote)
  await fails(() => resetDb({ db }), { code: 'RESET_REFUSED' })
  assert.equal(await db.users.count(), 2)
  await resetDb({ db, force: true })
  assert.equal(await db.users.count(), 0)
})

test('MIGRATION_DATABASE_URL is the way of init and reset if no url is passed', async t => {
  const url = await newUrl(t)
  const role = `only_reads_${nameOf(url)}`
  await onServer(`CREATE ROLE ${role} LOGIN`)
  const env = {
    DATABASE_URL: await serverUrlFor({ database: nameOf(url), user: role }),
    MIGRATION_DATABASE_URL: url,
  }
  await initDb({ models, env })
  assert.deepEqual(await relations(url), ['plinth_seeds', 'plinth_shape', 'posts', 'users'])
  await fails(() => resetDb({ models, url: env.DATABASE_URL, env: { MIGRATION_DATABASE_URL: url } }), {
    code: 'PERMISSION_DENIED',
  })
  await fails(() => initDb({ models, env: { ...env, MIGRATION_DATABASE_URL: 'sqlite:///x.db' } }), {
    code: 'CONFIG_INVALID',
  })
  await resetDb({ models, env })
  await query(url, `DROP OWNED BY ${role}`)
  await onServer(`DROP ROLE ${role}`)
})

test('comments, names and types are in the catalog as the models have them', async t => {
  const url = await newUrl(t)
  const own = schema({
    things: model('things', {
      id: c.id(),
      bigId: c.bigint(),
      small: c.int32(),
      real: c.real(),
      price: c.decimal(12, 2),
      name: c.text(),
      short: c.text({ max: 7 }),
      kind: c.enum('thing_kind', ['a', 'b']),
      yes: c.boolean(),
      key: c.uuid(),
      at: c.timestamp(),
      day: c.date(),
      data: c.json(),
      raw: c.bytes(),
    }),
  })
  await initDb({ models: own, url })
  const columns = await query(
    url,
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attidentity AS identity, collname AS collation
     FROM pg_attribute LEFT JOIN pg_collation c ON c.oid = attcollation
     WHERE attrelid = 'things'::regclass AND attnum > 0 ORDER BY attnum`,
  )
  assert.deepEqual(
    columns.map(({ name, type, identity, collation }) => [name, type, identity, collation].filter(Boolean).join(' ')),
    [
      'id bigint d',
      'big_id bigint',
      'small integer',
      'real double precision',
      'price numeric(12,2)',
      'name text C',
      'short character varying(7) C',
      'kind text C',
      'yes boolean',
      'key uuid',
      'at timestamp(3) with time zone',
      'day date',
      'data jsonb',
      'raw bytea',
    ],
  )
})

test('an identity ends with the last number that JavaScript holds, and one that ends later is not drift', async t => {
  const url = await newUrl(t)
  const models = schema({ rows: model('rows', { id: c.id() }), wide: model('wide', { id: c.bigId() }) })
  await initDb({ models, url })
  const db = open({ models, url })
  t.after(() => db.close())
  const last = Number.MAX_SAFE_INTEGER
  await db.rows.create({ id: last })
  await fails(() => db.rows.create({}), { code: 'VALUE_INVALID' })
  await fails(() => db.rows.createMany([{}, {}]), { code: 'VALUE_INVALID' })
  assert.deepEqual(await db.rows.list(), [{ id: last }])
  await db.wide.create({ id: BigInt(last) })
  assert.equal((await db.wide.create({})).id, BigInt(last) + 1n)
  await query(url, 'ALTER TABLE rows ALTER COLUMN id SET NO MAXVALUE')
  assert.deepEqual((await initDb({ models, url })).pending, [])
})
