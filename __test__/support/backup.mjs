// The common part of tests of backups and restores: databases that hold one state as a whole, and
// programs that write to them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { initDb, open } from 'plinth'
import { fileUrl, pathOf } from './dialect-sqlite.mjs'
import { models } from './engine.mjs'

/** Models of no project: calls that need none take them, so that no project is looked for. */
export const bare = { models }

/** A database file whose rows all say the same word, and its path. `size`: of each row, in characters. */
export async function filled(t, word, rows, { size = 200, url = fileUrl(t) } = {}) {
  const db = open({ models, url })
  await initDb({ db })
  await db.users.createMany(state(word, rows, size))
  await db.close()
  return { url, path: pathOf(url) }
}

/** The rows of a state. */
export const state = (word, rows, size = 200) =>
  Array.from({ length: rows }, (_, i) => ({ email: `${word} ${i}`, name: 'x'.repeat(size) }))

/** The word that all rows say, how many rows there are, and whether the database is sound. */
export async function heldBy(db) {
  const users = await db.users.list({ select: ['email'] })
  const words = new Set(users.map(({ email }) => email.split(' ')[0]))
  const [{ ok }] = await db.sql`SELECT integrity_check AS ok FROM pragma_integrity_check`
  assert.equal(ok, 'ok')
  assert.equal(words.size, 1, `one state, not ${[...words]}`)
  return `${[...words][0]} ${users.length}`
}

/** The same of a file that is opened for it. */
export async function held(path) {
  const db = open({ models, url: `sqlite:///${path}` })
  try {
    return await heldBy(db)
  } finally {
    await db.close()
  }
}

/** The other files in the folder of a file, except SQLite's own beside the file. */
export const others = path =>
  readdirSync(dirname(path))
    .filter(name => ![basename(path), `${basename(path)}-wal`, `${basename(path)}-shm`].includes(name))
    .toSorted()

/** The files that keep what a database held before a restore. */
export const kept = path =>
  others(path)
    .filter(name => /^\w+\.before-restore-\d{17}\.db$/.test(name))
    .map(name => join(dirname(path), name))

/** A digest of a file, made by another process: to close a descriptor here would drop SQLite's locks. */
export const digest = path =>
  execFileSync('cksum', { input: execFileSync('cat', [path], { maxBuffer: 1 << 28 }) }).toString()
