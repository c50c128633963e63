/**
 * Seeds: each runs once by name, in a transaction that records it. Rows that a user deleted
 * afterwards stay deleted.
 */

import { copyError, PlinthError } from '../base/errors.js'
import type { Db, Tx } from '../types/index.js'
import type { Seed } from './config.js'

/** Runs those that have not run; tells which did now and which had before. */
export async function runSeeds(
  db: Db<any>,
  seeds: readonly Seed[],
): Promise<{ seeded: string[]; alreadySeeded: string[] }> {
  const seeded: string[] = []
  const alreadySeeded: string[] = []
  for (const seed of seeds) {
    const ran = await db.transaction((tx: Tx<any>) => once(tx, seed))
    ;(ran ? seeded : alreadySeeded).push(seed.name)
  }
  return { seeded, alreadySeeded }
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
    if (!(error instanceof PlinthError)) throw error
    throw copyError(error, { message: `Seed "${seed.name}": ${error.message}`, cause: error })
  }
  return true
}
