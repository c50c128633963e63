// SQLite for tests that run on both databases, and its files for those of its own.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folder } from './project.mjs'

export const PLACES = ['file', 'memory']

export async function fresh(place) {
  if (place === 'memory') return { url: 'sqlite::memory:', drop() {} }
  const path = mkdtempSync(join(tmpdir(), 'plinth-'))
  return { url: `sqlite:///${join(path, 'app.db')}`, drop: () => rmSync(path, { recursive: true, force: true }) }
}

/** The URL of a new file in a folder that goes when the test ends. */
export const fileUrl = (t, name = 'app.db') => `sqlite:///${join(folder(t), name)}`

/** The path in the URL of a file. */
export const pathOf = url => url.slice('sqlite:///'.length)

export const noDatabase = async t => fileUrl(t)

export const shown = url => url

export const exists = async url => existsSync(pathOf(url))

export const objects = async db =>
  (
    await db.sql`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name`
  ).map(({ name }) => name)

export async function checkIntegrity(db) {
  assert.deepEqual(await db.sql`SELECT integrity_check FROM pragma_integrity_check`, [{ integrity_check: 'ok' }])
  assert.deepEqual(await db.sql`SELECT * FROM pragma_foreign_key_check`, [])
}

export async function makeForeignObjects(db) {
  await db.sql`CREATE TABLE foreign_one (id INTEGER PRIMARY KEY, other REFERENCES "foreign ""two""" (id))`
  await db.sql`CREATE TABLE "foreign ""two""" (id INTEGER PRIMARY KEY, other REFERENCES foreign_one (id))`
  await db.sql`INSERT INTO foreign_one VALUES (1, NULL)`
  await db.sql`INSERT INTO "foreign ""two""" VALUES (1, 1)`
  await db.sql`UPDATE foreign_one SET other = 1`
  await db.sql`CREATE VIEW everyone AS SELECT email FROM users`
  await db.sql`CREATE VIEW broken AS SELECT * FROM everyone, foreign_one`
  await db.sql`CREATE TRIGGER keep BEFORE DELETE ON users BEGIN SELECT RAISE(ABORT, 'kept'); END`
  await db.sql`CREATE TRIGGER through INSTEAD OF INSERT ON everyone BEGIN INSERT INTO users (email) VALUES (NEW.email); END`
  return {
    tables: { foreign_one: 1, 'foreign "two"': 1 },
    views: ['broken', 'everyone'],
    triggers: ['keep', 'through'],
  }
}

export const refuseNo = db =>
  db.sql`CREATE TRIGGER no BEFORE INSERT ON users WHEN NEW.email LIKE 'no%' BEGIN SELECT RAISE(ABORT, 'not this one'); END`

export const words = { noTable: /no such table/, noColumn: /no such column/, syntax: /syntax error/ }

export const ownParameters = ['?', ':name']

export const slow =
  'CREATE TABLE slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000000) SELECT max(i) FROM n'

export const holder = pid => (process.platform === 'linux' ? new RegExp(`^the process ${pid}$`) : /^undefined$/)

/** The configuration of a project's database: none, which means app.db beside its package.json. */
export const projectFiles = async () => ({ '.env': 'DATABASE_URL=sqlite:///./app.db\n' })
export const projectUrl = cwd => `sqlite:///${join(realpathSync(cwd), 'app.db')}`

/** The URL of a file that is not a database, and the code that this gives. */
export function brokenUrl(cwd) {
  writeFileSync(join(cwd, 'no.db'), 'This is not a database.'.repeat(100))
  return { url: 'no.db', code: 'NOT_A_DATABASE' }
}

/** A database file has no connections with names, and no locks of rows. */
export const named = url => url
export const isConnected = async () => false
export const rowWaits = async () => []
