/** The reports of the verbs of migrations: which revisions were written, ran, are applied or are missing. */

import type { ErrorCode } from '../base/error-code.js'
import type { Question } from '../base/problem.js'
import type { DriftDifference, DriftGrades } from './drift-reports.js'
import type { KeptRows } from './kept-reports.js'
import type { Dialect } from './words.js'

/** How far a revision has come. */
export interface Progress {
  revision: string
  name: string
  direction: 'up' | 'down'
  /** Which statement, from 1; of a revision that runs in steps, which step. */
  statement: number
  /** Of how many. */
  statements: number
  /** Its first line. */
  text: string
  /** Rows that it has copied or given values, where it does so for some rows at a time. */
  rows?: number
  /** Of how many. */
  of?: number
  /**
   * How long the revision will keep others from writing to an SQLite file, in milliseconds, as estimated from a sample of
   * the rows: the real time is between a third and three times that. Only before the first statement, and only if a table
   * of 20,000 rows or more is made anew.
   */
  estimatedMs?: number
  /** Why a revision with steps runs as one transaction, if its tables are large. Only before the first statement. */
  notOnline?: string
}

/** The report of `revision`. */
export interface RevisionReport {
  /** `nothing`: the models need no revision. `written`: files were written. `printed`: the report is that of `written`, and no file was written. */
  outcome: 'nothing' | 'written' | 'printed'
  /** The revisions, in order; several if one transaction cannot hold the change. */
  revisions: WrittenRevision[]
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** A revision as it was written. */
export interface WrittenRevision {
  /** The 14 digits before its name. */
  version: string
  /** The name made from its message: `add_phone`. */
  name: string
  /** The path of its folder. */
  folder: string
  /** Its changes, a line each. */
  operations: string[]
  /** Its losses, a sentence each. */
  destructive: string[]
  /** Its changes that the running release cannot live with. */
  warnings: ReleaseWarning[]
  /** Its files, by name. */
  files: Record<string, string>
  /** On which databases it was proven. */
  proven: Partial<Record<Dialect, boolean>>
  /** Tables that no row could be made up for: the proof says nothing of their rows. */
  unseeded?: { table: string; reason: string }[]
}

/** A change that the release which still runs cannot live with, once it is applied. */
export interface ReleaseWarning {
  /** The revision that has it; missing if no revision has it yet. */
  version?: string
  /** The table, by the name that the running release uses. */
  table: string
  /** The column; missing if the change concerns the table, or several columns. */
  column?: string
  /** The change, and why the running release fails. */
  message: string
  /** What to do instead, or before. */
  hint: string
}

/** A revision that ran. */
export interface RanRevision {
  /** The 14 digits before its name. */
  version: string
  /** The name made from its message: `add_phone`. */
  name: string
  /** How long it took, in milliseconds. */
  tookMs: number
  /** Its SQL was made anew from its operations, since others had come before it. */
  rendered?: boolean
  /** Its SQL did not run: the database held already what it makes, and it is recorded as done. */
  adopted?: boolean
  /** It ran in steps, beside the sessions that use its tables. */
  online?: boolean
  /** Why it did not run in steps, if its tables are large and it has some: a sentence. */
  notOnline?: string
  /** How many steps it has; of a revision that was taken back, how many had been done. */
  steps?: number
  /** It was half done, and was taken back to where it began. */
  takenBack?: boolean
  /** How often it was tried, if others held locks that it needed. */
  tries?: number
  /** The rows that it destroyed and that were kept before; missing if there were none. */
  kept?: KeptRows[]
}

/** The report of `upgrade`. */
export interface UpgradeReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** The revisions that had been applied before. */
  from: string[]
  applied: RanRevision[]
  /** The last revision that is applied now; null if none is. */
  current: string | null
  /** How many had been applied before. */
  alreadyApplied: number
  /** Whether the tables were there before the first revision, and count as made by the revisions now. */
  adopted: boolean
  /** The script that does it, if only that was asked for; empty if there is nothing to do. */
  sql?: string
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The report of `downgrade`. */
export interface DowngradeReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  reverted: RanRevision[]
  /** The last revision that is applied now; null if none is. */
  current: string | null
  /** The script that does it, if only that was asked for; empty if there is nothing to do. */
  sql?: string
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The report of `stamp`. */
export interface StampReport {
  /** The database, without a password. */
  url: string
  /** Revisions that count as applied now. */
  stamped: string[]
  /** Revisions that count as applied no longer. */
  removed: string[]
  current: string | null
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** One revision, as the folder and the database know it. */
export interface KnownRevision {
  /** The 14 digits before its name. */
  version: string
  /** The name made from its message: `add_phone`. */
  name: string
  /** The revisions that were the last when it was written. */
  after: string[]
  applied: boolean
  /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
  appliedAt?: string
  /** How long it took, in milliseconds. */
  tookMs?: number
  /** The user that ran it: `user@host`. */
  by?: string
  /** Whether the file has changed since it ran. */
  edited?: boolean
  /** It was applied, and its folder is gone. */
  missing?: boolean
  /** It is not applied, and later ones are. */
  outOfOrder?: boolean
  /** How far it is, if it is half done. */
  unfinished?: UnfinishedRevision
}

/** A revision that is half done: `upgrade` goes on with its up and takes its down back, `downgrade` the other way round. */
export interface UnfinishedRevision {
  /** The 14 digits before its name. */
  version: string
  direction: 'up' | 'down'
  /** How many of its steps are done. */
  step: number
  /** How many it has; missing if the folder has not the script that began. */
  steps?: number
}

/** One line of the database's log. */
export interface LogEntry {
  /** The 14 digits before its name. */
  version: string
  /** The name made from its message: `add_phone`. */
  name: string
  direction: 'up' | 'down' | 'stamp' | 'unstamp'
  /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
  startedAt: string
  /** How long it took, in milliseconds. */
  tookMs: number
  /** The user that ran it: `user@host`. */
  by: string
  /** The SHA-256 of its up for this database, that of one transaction even if the steps ran. */
  checksum: string
  /** The file that ran, if it was the one in steps. */
  script?: string
  /** The SHA-256 of that file. */
  scriptChecksum?: string
}

/** One repair of drift, as the database's log has it. */
export interface RepairEntry {
  direction: 'repair'
  /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
  startedAt: string
  /** How long it took, in milliseconds. */
  tookMs: number
  /** The user that ran it: `user@host`. */
  by: string
  /** The statements that ran. */
  sql: string
  /** The differences that it ended. */
  differences: Pick<DriftDifference, 'table' | 'object' | 'name' | 'grade' | 'message'>[]
}

/** The report of `history`. */
export interface HistoryReport {
  /** The database, without a password. */
  url: string
  revisions: KnownRevision[]
  /** What was done to this database, in order. */
  log: (LogEntry | RepairEntry)[]
}

/** What is wrong with the revisions of a database. */
export interface RevisionProblem {
  code: ErrorCode
  message: string
  hint?: string
}

/** The report of `status`: the newest revision against the database. */
export interface StatusReport {
  /** The database, without a password. */
  url: string
  current: string | null
  head: string | null
  /** Revisions that `upgrade` would apply. */
  pending: { version: string; name: string; outOfOrder: boolean }[]
  /** How many are applied. */
  applied: number
  /** The revision that is half done; null if none is. */
  unfinished: UnfinishedRevision | null
  problems: RevisionProblem[]
  /** Whether what would destroy data asks for a word (`protect`); null if that cannot be read. */
  protected: boolean | null
  /**
   * How many differences `drift` would report; null if counting them needs more than reading, or no
   * revision is applied.
   */
  drift: DriftGrades | null
  /** Why `drift` is null. */
  driftUnknown?: string
}

/** The report of `check`: the models against the newest revision. */
export interface CheckReport {
  /** Nothing is missing, and nothing is wrong. */
  upToDate: boolean
  /** The changes in the models that no revision has, a line each. */
  operations: string[]
  /** The decisions that they need. */
  questions: Question[]
  /**
   * SQL that was edited by hand: whether it still leads to the schema of its operations; without
   * `ok` if there was no server to try it on. Steps that were not edited beside an edited script are `stale`, and not `ok`.
   */
  edited: { version: string; file: string; ok?: boolean; stale?: boolean; differences?: string[] }[]
  /** Revisions that were written beside later ones, without knowing of them. */
  outOfOrder: string[]
  /** Revisions that cannot both be applied, a sentence each. */
  conflicts: string[]
  /** The changes that the running release cannot live with. `upToDate` does not depend on them. */
  warnings: ReleaseWarning[]
  /** The results of the proofs. */
  proven?: { version: string; sqlite?: boolean; postgres?: boolean; message?: string }[]
  /** How long it took, in milliseconds. */
  durationMs: number
}
