/** The options and results of migrations: writing revisions, running them, and telling where a database and the models stand. */

import type { Db, Dialect, OpenOptions } from './db.js'
import type { AnySchema } from './schema.js'

/** What every one of these calls takes. All optional: the configuration, DATABASE_URL and .env fill in. */
export interface MigrationOptions<S extends AnySchema = AnySchema>
  extends Pick<OpenOptions<S>, 'models' | 'url' | 'env' | 'cwd'> {
  /** The folder of the revisions; without it the one that the configuration names, `./migrations` beside it. */
  migrations?: string
}

/** Options of the calls that work on a database. */
export interface DatabaseOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S> {
  /** A database that is open already, to use instead of opening one. */
  db?: Db<S>
}

/** Where PostgreSQL is, for a proof. */
export interface ProofOptions {
  /** Which databases; without it those that the configuration names, else both. */
  dialects?: readonly Dialect[]
  /** A PostgreSQL server to prove on, in a scratch place that is always removed; without it DATABASE_URL, where it is one. */
  proveUrl?: string
}

/** What only a person can decide. Tables and columns by their names in the database, the new ones. */
export interface Choices {
  /** `{ 'users.phone': 'users.mobile', people: 'users' }`: what got another name. */
  rename?: Readonly<Record<string, string>>
  /** `['users.phone']`: what is gone, and was not renamed. */
  drop?: readonly string[]
  /** `{ 'users.country': "'XX'" }`: a SQL expression over the row: what rows get where a column needs a value. */
  backfill?: Readonly<Record<string, string>>
  /** `{ 'tasks.status': { paused: 'queued' } }`: what becomes of words that an enum does not have any more. */
  map?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Options of `revision`. */
export interface RevisionOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions, Choices {
  /** What the change is, in a few words: it names the folder, and heads the SQL. */
  message: string
  /** A revision without operations, whose SQL is written by hand. */
  empty?: boolean
  /** Give the files instead of writing them. */
  sql?: boolean
  /** Whether it is proven; true without it. */
  prove?: boolean
  /** The path of a text that heads the SQL instead of the usual one; without it the one that the configuration names. */
  template?: string
}

/**
 * A question that `revision` cannot answer by itself: whether something was renamed; what existing rows get in a new column (`backfill`), or in a dropped
 * one if the revision is reverted (`restore`). A `backfill` answers both.
 */
export type Question =
  | { question: 'rename'; table?: string; from: string; to: string[] }
  | { question: 'backfill'; table: string; column: string; kind: string }
  | { question: 'restore'; table: string; column: string; kind: string }

/** What `revision` came to. */
export interface RevisionReport {
  /** `nothing`: the revisions lead to the models already. `printed`: as `written`, but for the files. */
  outcome: 'nothing' | 'written' | 'printed'
  /** The revisions, in order; several where one transaction cannot hold the change. */
  revisions: WrittenRevision[]
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** A revision as it was written. */
export interface WrittenRevision {
  /** The 14 digits before its name. */
  version: string
  /** What its message became: `add_phone`. */
  name: string
  /** The path of its folder. */
  folder: string
  /** What it changes, a line each. */
  operations: string[]
  /** What it loses, a sentence each. */
  destructive: string[]
  /** Its files, by name. */
  files: Record<string, string>
  /** On which databases it was proven. */
  proven: Partial<Record<Dialect, boolean>>
  /** Tables that no row could be made up for: the proof says nothing of their rows. */
  unseeded?: { table: string; reason: string }[]
}

/** Options of `upgrade` and `downgrade`. */
export interface RunOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S> {
  /**
   * How far. upgrade: `head` (without it), `+2`, a version or the beginning of one. downgrade: `-1` (without it), `-2`,
   * a version that is to be the last, `base`.
   */
  to?: string
  /** Give a script that does the same by hand, its records included, instead of running anything. */
  sql?: boolean
  /** Called while it runs: when a statement begins, and as rows are copied. */
  onProgress?: (progress: Progress) => void
}

/** How far a revision has come. */
export interface Progress {
  revision: string
  name: string
  direction: 'up' | 'down'
  /** Which statement, from 1. */
  statement: number
  /** Of how many. */
  statements: number
  /** Its first line. */
  text: string
  /** Rows that it has copied, where it copies rows. */
  rows?: number
  /** Of how many. */
  of?: number
}

/** A revision that ran. */
export interface RanRevision {
  /** The 14 digits before its name. */
  version: string
  /** What its message became: `add_phone`. */
  name: string
  /** How long it took, in milliseconds. */
  tookMs: number
  /** Its SQL was made anew from its operations, since others had come before it. */
  rendered?: boolean
}

/** What `upgrade` did. */
export interface UpgradeReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** The revisions that had been applied before. */
  from: string[]
  applied: RanRevision[]
  /** The last revision of those that are applied now; null where there is none. */
  current: string | null
  /** How many had been applied before. */
  alreadyApplied: number
  /** The script that does it, where only that was asked for; empty where there is nothing to do. */
  sql?: string
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** What `downgrade` did. */
export interface DowngradeReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  reverted: RanRevision[]
  /** The last revision of those that are applied now; null where there is none. */
  current: string | null
  /** The script that does it, where only that was asked for; empty where there is nothing to do. */
  sql?: string
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** Options of `stamp`. */
export interface StampOptions<S extends AnySchema = AnySchema> extends DatabaseOptions<S> {
  /** `head`, `base`, a version or the beginning of one. */
  to: string
}

/** What `stamp` noted. */
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
  /** What its message became: `add_phone`. */
  name: string
  /** The revisions that were the last when it was written. */
  after: string[]
  applied: boolean
  /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
  appliedAt?: string
  /** How long it took, in milliseconds. */
  tookMs?: number
  /** Who ran it: `user@host`. */
  by?: string
  /** What ran is not what its file holds now. */
  edited?: boolean
  /** It was applied, and its folder is gone. */
  missing?: boolean
  /** It is not applied, and later ones are. */
  outOfOrder?: boolean
}

/** One line of the database's log. */
export interface LogEntry {
  /** The 14 digits before its name. */
  version: string
  /** What its message became: `add_phone`. */
  name: string
  direction: 'up' | 'down' | 'stamp'
  /** When, in UTC: `2026-11-20T10:15:00.000Z`. */
  startedAt: string
  /** How long it took, in milliseconds. */
  tookMs: number
  /** Who ran it: `user@host`. */
  by: string
  /** Of the SQL that ran. */
  checksum: string
}

/** What `history` tells. */
export interface HistoryReport {
  /** The database, without a password. */
  url: string
  revisions: KnownRevision[]
  /** What was done to this database, in order. */
  log: LogEntry[]
}

/** What is wrong with the revisions of a database. */
export interface RevisionProblem {
  code: string
  message: string
  hint?: string
}

/** What `status` tells: the newest revision against the database. */
export interface StatusReport {
  /** The database, without a password. */
  url: string
  current: string | null
  head: string | null
  /** Revisions that `upgrade` would apply. */
  pending: { version: string; name: string; outOfOrder: boolean }[]
  /** How many are applied. */
  applied: number
  problems: RevisionProblem[]
}

/** Options of `check`. */
export interface CheckOptions<S extends AnySchema = AnySchema> extends MigrationOptions<S>, ProofOptions {
  /** Prove every revision that is there, too. */
  prove?: boolean
}

/** What `check` tells: the models against the newest revision. */
export interface CheckReport {
  /** Nothing is missing, and nothing is wrong. */
  upToDate: boolean
  /** What the models say and no revision does, a line each. */
  operations: string[]
  /** What would have to be decided for it. */
  questions: Question[]
  /** SQL that was edited by hand: whether it still leads where the operations say; without `ok` where there was no server to try it on. */
  edited: { version: string; file: string; ok?: boolean; differences?: string[] }[]
  /** Revisions that were written beside later ones, without knowing of them. */
  outOfOrder: string[]
  /** Revisions that cannot both be applied, a sentence each. */
  conflicts: string[]
  /** What the proofs came to. */
  proven?: { version: string; sqlite?: boolean; postgres?: boolean; message?: string }[]
  /** How long it took, in milliseconds. */
  durationMs: number
}
