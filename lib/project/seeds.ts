/**
 * Seeds: each runs once by name, in a transaction that records it. Rows that a user deleted
 * afterwards stay deleted.
 */

import { copyError, PlinthError } from '../base/errors.js'
import { databaseOf } from '../handle/handles.js'
import type { Db, Tx } from '../types/index.js'
import type { Seed } from './config.js'

/** The result of running seeds. */
export interface Seeded {
  /** Those that ran now. */
  readonly seeded: string[]
  /** Those that had run before. */
  readonly alreadySeeded: string[]
  /** Those that wait for a table, one sentence each. */
  readonly pending: string[]
}

/**
 * Runs those that have not run. One whose table does not exist yet, since its revision is pending, waits for it; those behind it
 * wait as well, since they may need its rows.
 */
export async function runSeeds(db: Db<any>, seeds: readonly Seed[]): Promise<Seeded> {
  const result: Seeded = { seeded: [], alreadySeeded: [], pending: [] }
  let waiting: string | undefined
  for (const seed of seeds) {
    if (waiting !== undefined) {
      if (await isRecorded(db, seed)) result.alreadySeeded.push(seed.name)
      else result.pending.push(`The seed "${seed.name}" has not run: it waits for the seed "${waiting}".`)
      continue
    }
    try {
      const ran = await db.transaction((tx: Tx<any>) => once(tx, seed))
      ;(ran ? result.seeded : result.alreadySeeded).push(seed.name)
    } catch (error) {
      const missing = isOfSql(error) ? await missingTables(db) : []
      if (missing.length === 0) throw error
      waiting = seed.name
      result.pending.push(`The seed "${seed.name}" has not run: ${described(missing)}.`)
    }
  }
  return result
}

const isOfSql = (error: unknown) => error instanceof PlinthError && error.code === 'SQL_FAILED'

function described([first, ...more]: readonly string[]): string {
  return more.length === 0
    ? `the table "${first}" does not exist`
    : `the table "${first}" and ${more.length} more do not exist`
}

/** The tables of the models that do not exist. */
async function missingTables(db: Db<any>): Promise<string[]> {
  const { dialect, models } = databaseOf(db)
  const rows: { name: string }[] =
    dialect === 'postgres'
      ? await db.sql`SELECT relname::text AS name FROM pg_class WHERE pg_table_is_visible(oid)`
      : await db.sql`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')`
  const existing = new Set(rows.map(({ name }) => name))
  return [...models.values()].map(model => model.table).filter(table => !existing.has(table))
}

/** Whether a seed has run before. */
async function isRecorded(db: Db<any>, { name }: Seed): Promise<boolean> {
  return (await db.sql`SELECT name FROM plinth_seeds WHERE name = ${name}`).length > 0
}

/**
 * Several processes may start at once: the record is written first, and a process that would write
 * it too waits for the transaction that has.
 */
async function once(tx: Tx<any>, seed: Seed): Promise<boolean> {
  const recorded = await tx.sql`INSERT INTO plinth_seeds (name, applied_at) VALUES (${seed.name}, ${new Date()})
    ON CONFLICT (name) DO NOTHING RETURNING name`
  if (recorded.length === 0) return false
  try {
    await seed.run(tx)
  } catch (error) {
    const prefix = `Seed "${seed.name}": `
    if (error instanceof PlinthError) throw copyError(error, { message: prefix + error.message, cause: error })
    if (error instanceof Error) addPrefix(error, prefix)
    throw error
  }
  return true
}

/** Errors of users that have the name of their seed. */
const named = new WeakSet<Error>()

/** Puts a prefix before the message of an error of the user. It stays the same object, of the same class. */
function addPrefix(error: Error, prefix: string): void {
  if (named.has(error)) return
  named.add(error)
  const title = String(error)
  const { stack } = error
  // A frozen error stays as it is.
  if (!Reflect.set(error, 'message', prefix + error.message)) return
  if (stack?.startsWith(title)) Reflect.set(error, 'stack', String(error) + stack.slice(title.length))
}
