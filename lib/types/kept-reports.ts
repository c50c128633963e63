/** What is kept of rows that were destroyed, as reports tell it. */

/** What was kept of something that was destroyed. */
export interface KeptRows {
  /** Its number, by which `restoreKept` brings it back. */
  number: number
  /** `users.phone`, or `users` for all its rows. */
  what: string
  /** How many rows. */
  rows: number
  /** Older entries of the same that were dropped for it. */
  dropped?: number[]
}

/** An entry of what is kept. */
export interface KeptEntry {
  number: number
  /** `users.phone`, or `users` for all its rows. */
  what: string
  table: string
  /** The columns whose values are kept; empty if all rows are kept whole. */
  columns: string[]
  rows: number
  /** The bytes of their values. */
  bytes: number
  /** Since when. */
  keptAt: string
  /** The user that destroyed it: `user@host`. */
  by: string
  /** The step that destroyed it: `upgrade 20260101000000_drop_phone`. */
  why: string
  /** What was destroyed, as SQL declares it. */
  definition: string
}

/** The report of `kept`. */
export interface KeptReport {
  /** The database, without a password. */
  url: string
  /** The oldest first. */
  kept: KeptEntry[]
}

/** The rows that `restoreKept` brought back, or would bring back. */
export interface RestoreKeptReport {
  /** The database, without a password. */
  url: string
  /** Whether it was only tried, without a change. */
  plan: boolean
  /** Each entry, in the order in which the rows came back. */
  entries: RestoredEntry[]
  /** How many rows were written, of all entries. */
  rows: number
  /** How many rows held the kept values already. */
  same: number
  /** How many rows of a table are gone, so that their columns have no place. */
  gone: number
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** An entry that `restoreKept` brought back, or would bring back. */
export interface RestoredEntry {
  number: number
  /** The kept part: `users.phone`, or `users` for all its rows. */
  what: string
  /** What was made again: `the table users`, `the column users.phone`. */
  made: string[]
  /** How many rows were written. */
  rows: number
  /** How many rows held the kept values already. */
  same: number
  /** How many rows of the table are gone, so that their columns have no place. */
  gone: number
}

/** The kept rows that `dropKept` dropped. */
export interface DropKeptReport {
  /** The database, without a password. */
  url: string
  /** The entries as they were. */
  dropped: KeptEntry[]
  /** SQLite: whether none of its rows can be read in the file and its `-wal` any more. */
  erased?: boolean
  /** Why one still can, where `erased` is false. */
  notErased?: string
  /** How long it took, in milliseconds. */
  durationMs: number
}
