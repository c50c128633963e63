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
  readonly columns: readonly ColumnMeta[]
  limits: Limits | undefined
  /** Whether it gives the row. */
  gives = true
  /** The error if an existing row has another version than the one that was asked for. */
  stale: (() => PlinthError) | undefined
  readonly #encode: Encode
  /** Where the parameters of what an existing row gets begin. */
  readonly #first: number

  /** @param values what an existing row gets in the columns of `set`; their parameters come behind those of the row */
  constructor(
    { plan, encode, columns }: InsertPlan,
    readonly given: object,
    set: readonly ColumnMeta[],
    readonly values: Values,
    readonly changes?: Changes,
  ) {
    this.plan = plan
    this.#first = columns.length
    this.columns = [...columns, ...set]
    this.#encode = encode
  }

  put(): number {
    const { plan, values } = this
    const first = this.#first
    this.#encode(this.given, 0, Date.now())
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
