/** The options of the calls that write, and what `claim` takes. */

import type { Filter } from './filter.js'
import type { OrderBy } from './model.js'
import type { CallOptions } from './options.js'
import type { AnySchema } from './schema.js'

/** The rows of a table to change or delete: those that match, or, stated explicitly, all. */
export type Many<S extends AnySchema, K> = ({ where: Filter<S, K>; all?: never } | { all: true; where?: never }) &
  CallOptions

/** The result of `updateMany` and `deleteMany`. */
export interface Returning<R> {
  /** `true`: the rows, private columns left out. Without it how many they were. */
  returning?: R | undefined
}

/** Option of `create`, `createMany`, `update` and `upsert` that give what they wrote. */
export interface GivingRow {
  /** `false`: the call gives nothing, which costs less. */
  returning?: true | undefined
}

/** Option of the same calls if what they wrote is not needed. */
export interface GivingNothing {
  /** The call gives nothing, which costs less. */
  returning: false
}

/** Which rows a `claim` picks, and what it changes. */
export interface ClaimQuery<S extends AnySchema, K> extends CallOptions {
  /** Which rows; what `set` writes should end that, lest they are claimed again. */
  where: Filter<S, K>
  /** Which of them first, and in which order they come. */
  orderBy?: OrderBy<S['models'][K & keyof S['models']]> | undefined
  /** So many at most, from 1. */
  limit: number
  /** The columns that they get; never the primary key. */
  set: S['models'][K & keyof S['models']]['$claimed']
}

/** Options of `createMany`. */
export interface CreateManyOptions<Column = string> extends CallOptions {
  /**
   * Leaves out rows whose unique values exist, in the table or in a row before: `true` those of any unique key, or the columns of one.
   * Every other violation fails the call.
   */
  skipDuplicates?: boolean | readonly Column[] | undefined
  /** Called after each chunk with the rows done so far and the rows in all. */
  onProgress?: ((done: number, total: number) => void) | undefined
}

/** Options of `update`. */
export interface UpdateOptions<S extends AnySchema, K> extends CallOptions {
  /** Changes the row only if it meets this; without a row that does, the call fails with STALE_ROW. */
  where?: Filter<S, K>
}

/** Options of `update` and `delete` of a row by its key, if the model has a version. */
export interface VersionOptions extends CallOptions {
  /** The version that the row must have, or `'any'`; a row with another fails the call with STALE_ROW. */
  version: number | 'any'
}

/** Options of `upsert` and `upsertMany`: the columns of the table, what changes them, and its versions; never if it has none. */
export interface UpsertOptions<Column, Change, Version = number> extends CallOptions {
  /** The columns of a unique constraint or of the primary key. */
  on: readonly Column[]
  /** What to change where the row is there; without it, the values given. */
  update?: Change | undefined
  /** Of a model with a version: the one that an existing row must have, else the call fails with STALE_ROW. */
  version?: Version | undefined
}
