/** The reports of calls that work on a whole database: init, reset, backup, health. */

import type { ErrorCode } from '../base/error-code.js'
import type { DriftGrades } from './drift-reports.js'
import type { KeptRows } from './kept-reports.js'
import type { RanRevision, UnfinishedRevision } from './revision-reports.js'
import type { Dialect } from './words.js'

/** The report of `initDb`. */
export interface InitReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** The revisions that were applied. */
  migrated: RanRevision[]
  /** Whether the tables were there before the first revision, and count as made by the revisions now. */
  adopted: boolean
  /** The revisions that a newer release has applied. If there are some, this release has changed nothing. */
  ahead: string[]
  /** The differences that were repaired, one sentence each. */
  repaired: string[]
  /** What was kept of what the repair took away; missing if nothing was. */
  kept?: KeptRows[]
  /** How many differences `drift` would report; null if counting them needs more than reading. */
  drift: DriftGrades | null
  /** Why `drift` is null. */
  driftUnknown?: string
  created: { tables: string[]; indexes: string[] }
  existing: { tables: string[] }
  /** Differences seen and left, and seeds that wait for a table, one sentence each. */
  pending: string[]
  /** The seeds that ran. */
  seeded: string[]
  /** The seeds that had run before. */
  alreadySeeded: string[]
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The report of `surveyDb`: the objects that a reset would destroy. */
export interface SurveyReport {
  /** The database, without a password. */
  url: string
  /** Its name: of a file without folder and ending. */
  name: string
  dialect: Dialect
  /** `rows` is null if they cannot be counted. */
  tables: { name: string; rows: number | null }[]
  views: string[]
  triggers: string[]
  /** Sequences, types and functions of PostgreSQL. */
  others: string[]
  /** Its size in bytes; 0 if the database does not exist. */
  bytes: number
}

/** The report of `protect`. */
export interface ProtectReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** Whether the database is protected now. */
  protected: boolean
  /** Whether that was changed. */
  changed: boolean
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The report of `resetDb`: dropped and created objects. */
export interface ResetReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /**
   * `rows` is null if they cannot be counted; `others` are sequences, types and functions of
   * PostgreSQL.
   */
  dropped: {
    tables: { name: string; rows: number | null }[]
    views: string[]
    triggers: string[]
    others?: string[]
  }
  /** PostgreSQL: what of it was kept before, an entry for each table with rows; see `kept`. Empty if nothing was. */
  kept: KeptRows[]
  /** SQLite: the copy of the database as it was before; missing if none was made. */
  keptFile?: string
  /** Older copies that were deleted for it. */
  droppedFiles?: string[]
  /** SQLite: whether no old row can be read in the file and its `-wal` any more. */
  erased?: boolean
  /** Why one still can, where `erased` is false. */
  notErased?: string
  /** The report of `initDb`, which ran afterwards. */
  init: InitReport
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** How far `backup` or `restore` has come. */
export interface CopyProgress {
  /** Pages that are copied; of a restore together with those of the backup that it makes first. */
  pages: number
  /** Of how many. */
  of: number
}

/** The report of `backup`. */
export interface BackupReport {
  /** The database, without a password. */
  url: string
  /** The file that was written. */
  path: string
  bytes: number
  /** Pages of SQLite. */
  pages: number
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The report of `restore`: the file that replaced the previous content. */
export interface RestoreReport {
  /** The database, without a password. */
  url: string
  /** The file that was restored. */
  path: string
  /** The file with what the database held before; null if there was no database. */
  backup: string | null
  bytes: number
  /** Pages of SQLite. */
  pages: number
  /**
   * The version of the newest revision that is applied now; null if none is, or it is not known.
   */
  revision: string | null
  /**
   * The names of the revisions that are not applied now; null if no folder of revisions is known,
   * or they are not known.
   */
  pending: string[] | null
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** How far a pool of connections is in use. */
export interface PoolUse {
  /** Connections at most. */
  size: number
  /** Those at work, or kept by a transaction or a stream. */
  used: number
  /** Calls and transactions that wait for one. */
  waiting: number
}

/** The report of `health`. */
export interface Health {
  /** Whether the database answered in time. */
  status: 'ok' | 'down'
  /** Plinth's version. */
  version: string
  dialect: Dialect
  /** The database's version; null if it did not answer, or has no connection left for the probe while all of the pool are in use. */
  serverVersion: string | null
  /**
   * PostgreSQL: whether statements are kept prepared on their connections; `false` behind a pooler of connections, which is
   * found out, or as `prepare` says. Null on SQLite, and where it is not known.
   */
  prepare: boolean | null
  /** PostgreSQL: how far the pool of this handle is in use. A probe has a connection of its own beside it. Null on SQLite. */
  pool: PoolUse | null
  /** How long the answer took, or the failure, in milliseconds. */
  latencyMs: number
  /** The database, without a password. */
  url: string
  /** The version of the newest revision that is applied; null if none is, or it is not known. */
  revision: string | null
  /**
   * The names of the revisions that are not applied yet; null if no folder of revisions is known,
   * or they are not known.
   */
  pending: string[] | null
  /** The revision that is half done, and how far it is; null if none is, or it is not known. */
  unfinished: UnfinishedRevision | null
  /** Why it is down. */
  error?: string
  /** The same as a code, as errors have it. */
  code?: ErrorCode
}
