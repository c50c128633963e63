/** The live database against what it should hold, asked of the core. */

import { native } from '../bridge/addon.js'
import type { DatabasePlace } from '../bridge/addon-types.js'
import { asked, since } from '../bridge/core-call.js'
import type { DriftReport } from '../types/index.js'
import type { DatabaseState } from '../unit/database-state.js'

/** What is compared, and with what. */
interface Compared {
  /** How reports name the database, without a password. */
  readonly url: string
  readonly place: DatabasePlace
  /** The models as JSON. */
  readonly schema: string
  /** The folder of the revisions; undefined for none. */
  readonly dir: string | undefined
}

/** Compares a database with its own revisions, or with the models if it has none. */
export async function compare({ url, place, schema, dir }: Compared): Promise<DriftReport> {
  const start = performance.now()
  const request = JSON.stringify({ dir })
  const report = await asked<Omit<DriftReport, 'url' | 'durationMs'>>(() => native().drift(schema, request, place))
  return { url, ...report, durationMs: since(start) }
}

/** What `compare` tells without making anything anew: the reason if the database does not store what it should hold. */
export type DriftSeen = DriftReport | { unknown: string }

/** The same for an open database, on a connection of its own. */
export async function driftOf(database: DatabaseState): Promise<DriftReport> {
  database.guard()
  return compare(comparedOf(database))
}

/** The same for a probe. */
export async function driftSeen(database: DatabaseState): Promise<DriftSeen> {
  database.alive()
  const { schema, dir, place } = comparedOf(database)
  return asked<DriftSeen>(() => native().drift(schema, JSON.stringify({ dir, stored: true }), place))
}

function comparedOf({ url, openedFrom, client }: DatabaseState): Compared {
  const place = { settings: openedFrom.location.database.settings(), handle: client.handle }
  return { url, place, schema: openedFrom.schema, dir: openedFrom.initMigrationsDir }
}
