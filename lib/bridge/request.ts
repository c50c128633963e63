/** The request that a client sends, and its way to read the answer. */

import type { Failure, PlinthError } from '../base/errors.js'
import type { ColumnMeta } from '../models/metadata.js'
import type { ResultColumn } from './decode.js'
import type { Ready } from './memory.js'
import type { Plan } from './plans.js'
import type { Limits } from './stopping.js'

/** A row as JavaScript has it. */
export type Row = Record<string, unknown>

/** A call: what crosses, and what is made of the answer. */
export interface Request<T> {
  readonly plan: Plan
  /** Puts the parameters of rows into the shared arrays, from row `from`; gives how many rows. Others put all at once. */
  put(from: number): number
  /** Rows of parameters. */
  readonly rows: number
  /** Makes the result from the answer in the shared arrays; `narrow` is the string of its first rows. */
  read(answer: Answer, narrow: string): T
  /** Adds to a failure of the core what is known here. */
  explain(failure: Failure): Failure
  /** The failure if the database refuses one of its values. */
  readonly refusal?: Failure | undefined
  /** Whether it reads one row by its key, outside of any transaction. */
  readonly point?: boolean
  /** The columns whose values are the first parameters of each row. */
  readonly columns?: readonly ColumnMeta[]
  /** Which row of the user's its first one is, where it is not the first of many. */
  readonly first?: number
  /** Its limits: its own, and those of the views it is made on. */
  limits?: Limits | undefined
  /** The stream that it opens, and how many rows that gives at once. */
  readonly stream?: { readonly number: number; readonly batch: number }
}

/** The values of a query, in the order of its parameters. */
export type Values = readonly Ready[]

/** A row that was left out: the node of the plan that it is of, and its error. */
export interface Skipped {
  readonly node: number
  readonly error: PlinthError
}

/** An answer of the core, which is in the shared arrays while it is read. */
export interface Answer {
  /** All rows, with what was included. `beside` gets what goes beside them. */
  rows(plan: Plan, narrow: string, beside?: unknown[]): unknown[]
  /** The rows that were left out. */
  skipped(): Skipped[]
  /** The columns of the rows of raw SQL. */
  columns(): ResultColumn[]
  /** The one number of an answer such as a count. */
  scalar(): number
  /** How many rows a statement changed. */
  changes(): number
  /** The generated keys of an insert. */
  keys(): BigInt64Array
  /** The key that the database made for the last row, as a bigint. */
  lastKey(): bigint
  /** The key that the database made for the last row, as a number. */
  lastKeyNumber(): number
}
