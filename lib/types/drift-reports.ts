/** The reports of drift and repair: differences, their grades, and what a repair did about them. */

import type { KeptRows } from './kept-reports.js'
import type { Dialect } from './words.js'

/**
 * The risk of repairing a difference. `missing-data`: it was there and is gone. `blocked`: a person
 * has to decide.
 */
export type DriftGrade = 'safe' | 'missing-data' | 'destructive' | 'blocked'

/** One difference between the live database and what it should hold. */
export interface DriftDifference {
  /** The table, by its name in the database; empty for damage of the file. */
  table: string
  /**
   * The part of the table that differs. `rows`: they break a rule that the table has. `damage`: of
   * the file.
   */
  object:
    | 'table'
    | 'column'
    | 'nullable'
    | 'default'
    | 'primary key'
    | 'unique'
    | 'check'
    | 'foreign key'
    | 'constraint'
    | 'index'
    | 'options'
    | 'comment'
    | 'sequence'
    | 'rows'
    | 'damage'
  /** The column, constraint or index; null for the table itself, and for a constraint without a name. */
  name: string | null
  /** How it should be, in the database's own terms; null if it should not exist. */
  expected: string | null
  /** How it is; null if it is missing. */
  found: string | null
  grade: DriftGrade
  /** The difference as a sentence. */
  message: string
  /** Why it has this grade. */
  why: string
  /** What to do about it. */
  fix: string
  /** The line of the models that would declare what was found; null if no line can. */
  model: string | null
  /**
   * The rows that keep it from being repaired, or that are the difference: how many, and the primary keys of at most 10, of
   * several columns as a list, of private ones none. Null if rows were not read for it.
   */
  rows: { count: number; keys: unknown[] } | null
  /** Names under which it may be there now: somebody may have renamed it. */
  alike: string[]
}

/** How far `drift` has come with reading rows. */
export interface ScanProgress {
  /** The table that is read; null for the file as a whole. */
  table: string | null
  /** How many steps are done. */
  done: number
  /** Of how many. */
  of: number
}

/** The report of `drift`: the live database against its revisions, or against the models. */
export interface DriftReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** The expected state: `models` if the database has no revisions. */
  against: 'revisions' | 'models'
  /** The last revision that is applied; null if none is. */
  current: string | null
  /** Applied revisions that this release does not know. */
  ahead: string[]
  /** The revision that is half done, whose changes are not drift; null if none is. */
  unfinished: string | null
  /** How many differences have which grade. */
  grades: DriftGrades
  differences: DriftDifference[]
  /** Objects that are not drift: other tables, views, triggers, policies, and indexes that Plinth did not create. */
  foreign: { what: string; name: string; table: string | null }[]
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** The corrections that `repair` made, or would make. */
export interface RepairReport {
  /** The database, without a password. */
  url: string
  dialect: Dialect
  /** The expected state: `models` if the database has no revisions. */
  against: 'revisions' | 'models'
  /** `nothing`: there was nothing that it may do. `planned`: nothing was changed, since only the plan was asked for. */
  outcome: 'nothing' | 'planned' | 'repaired'
  /** The statements, in order. */
  steps: { table: string; sql: string }[]
  /** The differences that it ended, or would end; of what is made again the values are gone, as `why` says. */
  repaired: DriftDifference[]
  /** The differences that are left; `why` and `fix` say for which reason and what to do. */
  remaining: DriftDifference[]
  /** What was kept of the values that it destroyed; `restoreKept` brings it back. */
  kept: KeptRows[]
  /** How many of those that are left have which grade. */
  grades: DriftGrades
  /** How long it took, in milliseconds. */
  durationMs: number
}

/** How many differences have which grade. */
export interface DriftGrades {
  safe: number
  missingData: number
  destructive: number
  blocked: number
}
