// PostgreSQL for tests that run on both databases: databases on the server of the run, or on one that this file starts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import pg from 'pg'
import { query, startServer, urlOf } from './postgres.mjs'

export const PLACES = ['server']

let running
let admin
/** Databases of tests that have ended: the next test takes one of them, emptied, which is quicker than making one. */
const used = []
/** Databases to remove, which a test made itself. */
const done = []
let made = 0

/**
 * The URL of the server for this run as a superuser: PLINTH_TEST_POSTGRES, or of one that goes with
 * this process. Null if this machine has no PostgreSQL.
 */
export async function serverUrl() {
  running ??= process.env.PLINTH_TEST_POSTGRES
    ? { url: () => process.env.PLINTH_TEST_POSTGRES, close() {} }
    : await startServer()
  return running?.url() ?? null
}

/** The URL of another database of the server, or of another role. */
export async function serverUrlFor({ database, user, password, query } = {}) {
  const url = new URL(await serverUrl())
  return urlOf({
    host: url.hostname,
    port: url.port,
    database: database ?? decodeURIComponent(url.pathname.slice(1)),
    user: user ?? decodeURIComponent(url.username),
    password: password ?? decodeURIComponent(url.password),
    query,
  })
}

/** Runs SQL on the server as the superuser, by a driver that is not ours. */
export async function onServer(sql, values) {
  const url = await serverUrl()
  if (url === null) throw new Error('This machine has no PostgreSQL: see CONTRIBUTING.md.')
  admin ??= connected(url)
  return (await (await admin).query(sql, values)).rows
}

async function connected(url) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

after(async () => {
  await clear()
  if (admin) await (await admin).end()
  await (await running)?.close()
})

async function clear() {
  for (const name of [...done.splice(0), ...used.splice(0)])
    await onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
}

/** A name that no database of the server has, which is removed after the test that asked for it. */
export function databaseName() {
  const name = `plinth_${process.pid}_${made++}_${Math.random().toString(36).slice(2, 8)}`
  return { name, drop: () => done.push(name) }
}

const EMPTY = `
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
DO $$ DECLARE schema text; BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  LOOP EXECUTE format('DROP SCHEMA %I CASCADE', schema); END LOOP;
END $$;
CREATE SCHEMA public;
GRANT USAGE ON SCHEMA public TO PUBLIC`

export async function fresh() {
  const [name, isUsed] = used.length ? [used.pop(), true] : [databaseName().name, false]
  const url = await serverUrlFor({ database: name })
  if (isUsed) await query(url, EMPTY)
  // template1 may be in use by somebody, and then cannot be copied.
  else await onServer(`CREATE DATABASE ${name} TEMPLATE template0`)
  return { url, drop: () => used.push(name) }
}

export async function noDatabase(t) {
  const { name, drop } = databaseName()
  t.after(drop)
  return serverUrlFor({ database: name })
}

export function shown(text) {
  const url = new URL(text)
  return `postgresql://${url.username}@${url.host}${url.pathname}`
}

export async function exists(url) {
  const name = decodeURIComponent(new URL(url).pathname.slice(1))
  return (await onServer('SELECT FROM pg_database WHERE datname = $1', [name])).length > 0
}

export const objects = async db =>
  (
    await db.sql`SELECT relname::text AS name FROM pg_class
      WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname`
  ).map(({ name }) => name)

/** A server keeps its own files whole. */
export async function checkIntegrity() {}

export async function makeForeignObjects(db) {
  await db.sql`CREATE TABLE foreign_one (id integer PRIMARY KEY, other integer)`
  await db.sql`CREATE TABLE "foreign ""two""" (id integer PRIMARY KEY, other integer REFERENCES foreign_one (id))`
  await db.sql`ALTER TABLE foreign_one ADD FOREIGN KEY (other) REFERENCES "foreign ""two""" (id)`
  await db.sql`INSERT INTO foreign_one VALUES (1, NULL)`
  await db.sql`INSERT INTO "foreign ""two""" VALUES (1, 1)`
  await db.sql`UPDATE foreign_one SET other = 1`
  await db.sql`CREATE VIEW everyone AS SELECT email FROM users`
  await db.sql`CREATE VIEW broken AS SELECT email, id FROM everyone, foreign_one`
  await db.sql`CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''kept''; END'`
  await db.sql`CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION kept()`
  await db.sql`CREATE TRIGGER through INSTEAD OF INSERT ON everyone FOR EACH ROW EXECUTE FUNCTION kept()`
  return {
    tables: { foreign_one: 1, 'foreign "two"': 1 },
    views: ['broken', 'everyone'],
    // Names of triggers are those of their tables.
    triggers: ['keep on users', 'through on everyone'],
  }
}

export async function refuseNo(db) {
  await db.sql`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE check_violation USING MESSAGE = ''not this one''; END'`
  await db.sql`CREATE TRIGGER no BEFORE INSERT ON users FOR EACH ROW WHEN (NEW.email LIKE 'no%') EXECUTE FUNCTION refuse()`
}

/** The words of its messages, in every language: they name the missing or wrong object. */
export const words = {
  noTable: /refused the statement: .*["»]\w+["«]/,
  noColumn: /refused the statement: .*\w+/,
  syntax: /["»]SELEKT["«]/,
}

export const ownParameters = ['$1', '$2']

export const slow = 'SELECT pg_sleep(2)'

export const holder = () => /^the session \d+ of \w+ since /

/** The configuration of a project's database, which does not exist yet. */
export const projectFiles = async t => ({ '.env': `DATABASE_URL=${await noDatabase(t)}\n` })
export const projectUrl = cwd => /^DATABASE_URL=(.*)$/m.exec(readFileSync(join(cwd, '.env'), 'utf8'))[1]

/** A URL without a listener, and the code that this gives. */
export const brokenUrl = () => ({ url: 'postgresql://plinth@127.0.0.1:1/app', code: 'CONNECTION_REFUSED' })

/** The URL whose connections have this name on the server. */
export function named(url, name) {
  const own = new URL(url)
  own.searchParams.set('application_name', name)
  return own.href
}

/** Whether the server still has a connection of this name. */
export async function isConnected(db, name) {
  const [{ n }] = await db.sql`SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = ${name}`
  return n > 0
}

/** The connections that wait for a row that another transaction has: each with its statement, and for how many ms that runs. */
export function rowWaits(db) {
  return db.sql`SELECT query, (extract(epoch FROM clock_timestamp() - query_start) * 1000)::float8 AS ms
    FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event IN ('transactionid', 'tuple')`
}
