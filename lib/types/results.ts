/** The results of calls, pages of rows, and how reads handle rows that cannot be read. */

import type { PlinthError } from '../base/errors.js'
import type { Filter } from './filter.js'
import type { OrderBy } from './model.js'
import type { AnySchema } from './schema.js'

/**
 * How `list`, `page` and `stream` handle rows that cannot be read, since something else wrote them.
 */
export interface UnreadableOptions {
  /** `'error'`, without it: the call fails with VALUE_UNREADABLE. `'skip'`: such rows, and related ones, are left out. */
  unreadable?: 'error' | 'skip' | undefined
  /** Receives the error of each row that was left out, before the rows are given; what it throws fails the call. Without it there is one warning a call. */
  onUnreadable?: ((error: PlinthError) => void) | undefined
}

/** The result of a call: a promise, or with `db.sync` the value itself. */
export interface Gives<T> {
  async: Promise<T>
  sync: T
}

/** The result of `stream`: rows to iterate, with `for await`, or with `db.sync` a plain `for`. */
export interface Streamed<T> {
  async: AsyncIterable<T>
  sync: Iterable<T>
}

/** Whether calls give promises or block. */
export type Mode = keyof Gives<any>

/** The options of `page` beside `select` and `include`. */
export interface PageQuery<S extends AnySchema, K> {
  /** Values or operators by column, relations, `and`, `or`, `not`. */
  where?: Filter<S, K>
  /** `{ createdAt: 'desc' }`; rows that are alike in it follow their primary key. */
  orderBy?: OrderBy<S['models'][K & keyof S['models']]> | undefined
  /** So many rows a page, from 1. */
  limit: number
  /** `next` of the page before; without it, or null, the first page. */
  after?: string | null | undefined
}

/** A page of rows. */
export interface Page<T> {
  /** At most as many as `limit`. */
  rows: T[]
  /**
   * The cursor that `after` takes for the next page; null if this is the last. It holds the last
   * row's values in the order, readable.
   */
  next: string | null
}
