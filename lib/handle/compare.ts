/** The live database against what it should hold, asked of the core. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { aFunction, flag, type OptionTable } from '../base/option-kinds.js'
import { native } from '../bridge/addon.js'
import type { DatabasePlace } from '../bridge/addon-types.js'
import { asked, Listener, since } from '../bridge/core-call.js'
import { LIMITS } from '../bridge/stopping.js'
import type { DriftReport, ScanOptions, ScanProgress } from '../types/index.js'
import type { DatabaseState } from '../unit/database-state.js'

/** What is compared, and with what. */
export interface Compared {
  /** How reports name the database, without a password. */
  readonly url: string
  readonly place: DatabasePlace
  /** The models as JSON. */
  readonly schema: string
  /** The folder of the revisions; undefined for none. */
  readonly dir: string | undefined
}

/** How rows are read. */
export const SCAN: OptionTable<keyof ScanOptions> = {
  rows: flag,
  deep: flag,
  timeout: LIMITS.timeout,
  onProgress: aFunction(),
}

/** Compares a database with its own revisions, or with the models if it has none. Throws QUERY_INVALID, TIMEOUT. */
export async function compare({ url, place, schema, dir }: Compared, scan: ScanOptions): Promise<DriftReport> {
  const start = performance.now()
  const rows = rowsAsked(scan)
  const request = JSON.stringify({ dir, ...(rows && { rows }) })
  const progress = new Listener<ScanProgress>(scan.onProgress)
  const asking = asked<Omit<DriftReport, 'url' | 'durationMs'>>(() =>
    native().drift(schema, request, place, progress.hear),
  )
  const report = await asking.finally(() => progress.all())
  progress.check()
  return { url, ...report, durationMs: since(start) }
}

/** How the core is to read rows; undefined if it is not to. */
function rowsAsked({ rows = false, deep = false, timeout, onProgress }: ScanOptions) {
  if (rows) return { deep, timeout }
  const needy = { deep: deep || undefined, timeout, onProgress }
  const name = Object.entries(needy).find(([, value]) => value !== undefined)?.[0]
  if (name === undefined) return undefined
  throw new PlinthError('QUERY_INVALID', `drift(): ${name} needs rows: true.`, {
    hint: 'Rows are read only with rows: true, on the command line --rows.',
  })
}

/**
 * The result of `compare`, which makes nothing anew: the reason if the database does not store what
 * it should hold.
 */
export type DriftSeen = DriftReport | { unknown: string }

/** The same for an open database, on a connection of its own. */
export async function driftOf(database: DatabaseState, options: unknown): Promise<DriftReport> {
  checkOptions({ call: 'drift()' }, SCAN, options)
  await database.waitsFor()
  database.guard()
  return untilClosed(database, compare(comparedOf(database), (options ?? {}) as ScanOptions))
}

/** The same for a probe. */
export async function driftSeen(database: DatabaseState): Promise<DriftSeen> {
  database.alive()
  const { schema, dir, place } = comparedOf(database)
  const asking = asked<DriftSeen>(() => native().drift(schema, JSON.stringify({ dir, stored: true }), place))
  return untilClosed(database, asking)
}

/** Has `close()` of the database wait for a comparison or a repair, which runs on a connection of its own. */
export async function untilClosed<T>({ sessions }: DatabaseState, comparison: Promise<T>): Promise<T> {
  const running = {
    working: () => comparison,
    close: () => comparison.then(nothing, nothing),
  }
  sessions.add(running)
  try {
    return await comparison
  } finally {
    sessions.delete(running)
  }
}

const nothing = () => {}

/** The models and revisions with which an open database is compared. */
export function comparedOf({ url, openedFrom, client }: DatabaseState): Compared {
  const place = { settings: openedFrom.location.database.settings(), handle: client.handle }
  return { url, place, schema: openedFrom.schema, dir: openedFrom.initMigrationsDir }
}
