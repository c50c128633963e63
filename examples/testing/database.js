// Databases for tests: on SQLite, or on the PostgreSQL that DATABASE_URL names, in a schema of their own.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initDb, open, resetDb } from 'plinth'
import models from './models.js'

let schemas = 0

/**
 * An empty database, which is gone when the test ends. `file: true` is for tests of concurrency: a database in memory has one connection.
 * `t` is a test's context, or `{ after }` of node:test for a whole file.
 */
export async function database(t, { file = false } = {}) {
  const server = process.env.DATABASE_URL
  const db = open({ models, url: server ? schemaOf(server) : file ? fileOf(t) : 'sqlite::memory:' })
  t.after(async () => {
    if (server) await resetDb({ db, migrations: false, seed: false, force: true, keep: false })
    await db.close()
  })
  await initDb({ db })
  return db
}

/** Test files are processes beside each other. */
function schemaOf(server) {
  const url = new URL(server)
  url.searchParams.set('search_path', `test_${process.pid}_${schemas++}`)
  return url.href
}

function fileOf(t) {
  const folder = mkdtempSync(join(tmpdir(), 'accounts-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return `sqlite:///${join(folder, 'test.db')}`
}
