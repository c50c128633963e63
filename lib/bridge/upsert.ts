/** Upserts: one row, which is packed as it crosses, and what an existing row gets instead. */

import type { Failure, PlinthError } from '../base/errors.js'
import type { ColumnMeta, Wire } from '../models/metadata.js'
import type { Encode } from './encode.js'
import type { InsertPlan } from './insert.js'
import { put, type Ready } from './memory.js'
import type { Plan } from './plans.js'
import type { Answer, Request, Row, Values } from './request.js'
import type { Limits } from './stopping.js'
import { type Changes, withChange } from './value-error.js'

/** An upsert of one row. */
export class Upsert implements Request<Row> {
  readonly plan: Plan
  readonly rows = 1
  limits: Limits | undefined
  /** Whether it gives the row. */
  gives = true
  /** The error if an existing row has another version than the one that was asked for. */
  stale: (() => PlinthError) | undefined
  readonly #encode: Encode
  /** The columns of the row; the parameters of what an existing row gets come behind theirs. */
  readonly #inserted: readonly ColumnMeta[]
  readonly #set: readonly ColumnMeta[]
  /** The caller's row; undefined once it has crossed, so that a call that waits does not hold it. */
  #given: object | undefined

  /** @param values what an existing row gets in the columns of `set` */
  constructor(
    { plan, encode, columns }: InsertPlan,
    given: object,
    set: readonly ColumnMeta[],
    readonly values: Values,
    readonly changes?: Changes,
  ) {
    this.plan = plan
    this.#inserted = columns
    this.#set = set
    this.#given = given
    this.#encode = encode
  }

  get columns(): readonly ColumnMeta[] {
    return [...this.#inserted, ...this.#set]
  }

  put(): number {
    const { plan, values } = this
    const first = this.#inserted.length
    this.#encode(this.#given as object, 0, Date.now())
    this.#given = undefined
    for (let i = 0; i < values.length; i++) put(first + i, plan.params[first + i] as Wire, values[i] as Ready)
    return 1
  }

  /** The row; without it, if that is not wanted, an empty one. */
  read(answer: Answer, narrow: string): Row {
    const row = this.gives ? answer.rows(this.plan, narrow)[0] : answer.changes() > 0 ? {} : undefined
    if (row) return row as Row
    throw this.stale?.() ?? new Error('an upsert gives a row')
  }

  explain(failure: Failure): Failure {
    return this.changes ? withChange(failure, this.changes) : failure
  }
}
