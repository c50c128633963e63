// The databases of the campaigns: files in a folder, and databases on one PostgreSQL server for all of them.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { initDb, open } from 'plinth'
import { query, startServer } from '../../__test__/support/postgres.mjs'
import { folder } from '../../__test__/support/project.mjs'
import { models } from './ledger.mjs'

let running
let made = 0

/** The URL of the server as its superuser: PLINTH_TEST_POSTGRES, or one that ends with the campaigns; null if this machine has none. */
export async function serverUrl() {
  if (process.env.PLINTH_TEST_POSTGRES) return process.env.PLINTH_TEST_POSTGRES
  running ??= await startServer()
  return running?.url() ?? null
}

export async function closeServer() {
  await running?.close()
}

/** A new, empty database on the server: its URL, and what removes it. */
export async function onServer() {
  const admin = await serverUrl()
  const name = `campaign_${process.pid}_${made++}`
  await query(admin, `CREATE DATABASE ${name} TEMPLATE template0`)
  const url = new URL(admin)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => query(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}

/** A new database file in a folder of the campaign: its URL and path, and what removes it. */
export function inFile(campaign) {
  const path = folder(campaign)
  const file = join(path, 'app.db')
  return { url: `sqlite:///${file}`, file, path, drop: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs a try on a new database with the tables of the ledger, on the server or in a file; it goes when the try ends. */
export async function withTables(campaign, onPostgres, work) {
  const place = onPostgres ? await onServer() : inFile(campaign)
  try {
    await initDb({ models, url: place.url, migrations: false })
    await work(place)
  } finally {
    await place.drop()
  }
}

/** The emails of all users, and what is wrong with the file; by a handle of its own. */
export async function look(url) {
  const db = open({ models, url })
  try {
    const rows = await db.users.list({ select: ['email'] })
    const checks = url.startsWith('sqlite')
      ? await db.sql`SELECT integrity_check AS found FROM pragma_integrity_check`
      : []
    const damage = checks.map(({ found }) => found).filter(found => found !== 'ok')
    const emails = new Set(rows.map(({ email }) => email))
    if (emails.size !== rows.length) damage.push('an email exists twice')
    return { emails, damage }
  } finally {
    await db.close()
  }
}
