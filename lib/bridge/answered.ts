/** The answer that is in the shared arrays, as a request reads it. */

import { errorOf, failureOf, type NativeFailure } from '../base/errors.js'
import type { Handle } from './addon-types.js'
import type { ResultColumn } from './decode.js'
import { bigints, firstNumber, floats, Head, ints } from './memory.js'
import type { Plan } from './plans.js'
import { rowsOf } from './read-rows.js'
import type { Answer, Skipped } from './request.js'

/** Reads the answers of one open database. */
export class Answered implements Answer {
  readonly handle: Handle

  constructor(handle: Handle) {
    this.handle = handle
  }

  /** All rows of an answer, with what was included. `beside` gets what goes beside them. */
  rows(plan: Plan, narrow: string, beside?: unknown[]): unknown[] {
    return rowsOf(this.handle, plan, narrow, beside)
  }

  /** The rows that were left out of an answer. */
  skipped(): Skipped[] {
    if (ints[Head.skipped] === 0) return []
    const all = JSON.parse(this.handle.skipped()) as [number, NativeFailure][]
    return all.map(([node, failure]) => ({ node, error: errorOf(failureOf(failure)) }))
  }

  /** The columns of the rows of raw SQL. */
  columns(): ResultColumn[] {
    return JSON.parse(this.handle.columns()) as ResultColumn[]
  }

  /** The generated keys of an insert. */
  keys(): BigInt64Array {
    return this.handle.keys()
  }

  /** The one number of an answer such as a count. */
  scalar(): number {
    return firstNumber()
  }

  /** How many rows a statement changed. */
  changes(): number {
    return floats[0] as number
  }

  /** The key that the database made for the last row, as a bigint. */
  lastKey(): bigint {
    const keys = ints[Head.keys] ? this.handle.keys() : bigints.subarray(0, 0)
    return keys[keys.length - 1] ?? 0n
  }

  /** The key that the database made for the last row, as a number. */
  lastKeyNumber(): number {
    return floats[1] as number
  }
}
