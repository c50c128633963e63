/** Options that several calls take. */

import type { Lost } from '../base/problem.js'
import type { ScanProgress } from './drift-reports.js'
import type { CopyProgress } from './reports.js'

/** The platform's AbortSignal; where a project's TypeScript knows none (no DOM, no types of Node), any object, instead of an error in our types. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : object

/** The options that every call takes. With `db.sync` `timeout` alone. */
export interface CallOptions {
  /** Stops the call when it fires: the statement ends, and the error is ABORTED with the signal's reason as its `cause`. */
  signal?: Signal | undefined
  /** Milliseconds that the call may take, its waiting included; then it is stopped, and the error is TIMEOUT. */
  timeout?: number | undefined
}

/** A lock on the rows of a read, until the transaction, the session's transaction or the scope ends. */
export interface LockOptions {
  /**
   * Locks the rows that are given, not those included. `'update'`: no other transaction locks, changes or deletes them. `'share'`: others may
   * lock them in the same way, and none changes or deletes them.
   */
  lock?: 'update' | 'share' | undefined
  /** Leaves out rows that another transaction has locked, instead of waiting for it. */
  skipLocked?: boolean | undefined
  /** Fails at once (BUSY) if another transaction has locked a row, instead of waiting for it. */
  noWait?: boolean | undefined
}

/** A call waits for another process, or another transaction of this one, that changes the tables of the same database. */
export interface Wait {
  /** The process or the session, as far as it is known. */
  holder?: string
  /** For how long the call has waited, in milliseconds. */
  waitedMs: number
  /** How often a transaction was tried whose locks others hold (PostgreSQL). */
  tries?: number
}

/** The options of calls that wait for others which change the tables of the same database. */
export interface WaitOptions {
  /**
   * So many milliseconds the call waits in all, then it is BUSY; 600,000 without it. It is BUSY sooner if the one it waits for makes
   * no progress for a minute.
   */
  timeout?: number | undefined
  /** Called after the first second of waiting, and every five seconds from then on. */
  onWait?: ((wait: Wait) => void) | undefined
}

/** How a transaction that changes tables asks for their locks (PostgreSQL). */
export interface TableLockOptions {
  /** So many milliseconds it waits for the lock of a table at once, and keeps others from the table; 40 by default. */
  lockTimeoutMs?: number | undefined
  /** So often it is tried, with growing pauses, then it is BUSY; 200 by default. */
  lockTries?: number | undefined
  /** For so many milliseconds it is tried again, then it is BUSY; 300,000 by default. */
  lockWaitMs?: number | undefined
}

/** The option `migrations` as an object. */
export interface MigrationRunOptions extends TableLockOptions {
  /** The folder of the revisions; without it the one that the configuration names, `./migrations` beside it. */
  folder?: string | undefined
}

/** The options of `backup` and `restore` beside the database. */
export interface CopyOptions {
  /** The file that is written, or restored: a path, relative to `cwd`. */
  file: string
  /** How long it may take, in milliseconds, waiting for locks included; then it is TIMEOUT. */
  timeout?: number | undefined
  /** Called after each 1,000 pages that were copied. */
  onProgress?: ((progress: CopyProgress) => void) | undefined
}

/** How much is kept of what a call destroys. */
export interface KeepOptions {
  /**
   * The most bytes that the rows to keep may have; 268,435,456 (256 MB) by default. More is refused
   * before anything is done.
   */
  maxBytes?: number | undefined
  /** So many entries of the same table and columns stay, the oldest is dropped for a new one; 3 without it. */
  count?: number | undefined
}

/** The options of calls that may destroy rows. */
export interface KeepingOptions {
  /**
   * Whether what is destroyed is kept before, in the database itself. Without it: in production (`NODE_ENV=production`), on
   * another machine, and where the database is protected; the command line keeps everywhere.
   */
  keep?: boolean | KeepOptions | undefined
}

/** The option of calls that run revisions. */
export interface OnlineOptions {
  /**
   * Whether revisions run in steps beside the sessions that use their tables, if they have a script for that
   * (`up.postgres.online.sql`); the others run as one transaction. Without it: those that touch a table of more than 32 MB.
   */
  online?: boolean | undefined
}

/** The permissions of `repair`. */
export interface RepairWish extends WaitOptions, KeepingOptions, ConfirmOptions {
  /** Only tell what it would do, its SQL, and what rows forbid; change nothing. */
  plan?: boolean
  /** Also drop extra objects, with the values in it, and narrow types. */
  destructive?: boolean
  /** `{ 'users.full_name': 'users.name', people: 'users' }`: what somebody renamed, and the name that it gets back. */
  rename?: Readonly<Record<string, string>>
  /** `['users.name']`: what is made again although something extra may be it under another name; what it held is gone. */
  recreate?: readonly string[]
}

/** How `drift` reads rows. */
export interface ScanOptions {
  /** Read rows: how many of them keep a difference from being repaired, or break a foreign key that is declared. */
  rows?: boolean | undefined
  /** Let the database look for damage, too; PostgreSQL has no such check. Needs `rows`. */
  deep?: boolean | undefined
  /** How long it may take, in milliseconds. Needs `rows`. */
  timeout?: number | undefined
  /** Called before each step and when all are done. Needs `rows`. */
  onProgress?: ((progress: ScanProgress) => void) | undefined
}

/** The loss that a call would cause in a protected database, as `confirm` gets it. */
export interface Loss {
  /** The database, without a password. */
  url: string
  /** The loss, as a sentence. */
  message: string
  /** The same as data. */
  lost: readonly Lost[]
}

/** The options of calls that may destroy data. */
export interface ConfirmOptions {
  /**
   * Called if the database is protected and the call would destroy data: gives the word that a person has entered, or undefined
   * if that person declines. Without it such a call is refused: PROTECTED.
   */
  confirm?: ((loss: Loss) => string | undefined | Promise<string | undefined>) | undefined
}
