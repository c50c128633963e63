/** Upserts of many rows of one shape. */

import type { Failure } from '../base/errors.js'
import type { ColumnMeta, Wire } from '../models/metadata.js'
import type { Encode } from './encode.js'
import type { InsertPlan } from './insert.js'
import { put, type Ready, rowsAtOnce } from './memory.js'
import type { Plan } from './plans.js'
import type { Answer, Request, Row, Values } from './request.js'
import type { Limits } from './stopping.js'
import { type Changes, errorInRow, ofRow, withChange } from './value-error.js'

/** A row of an upsert, and what an existing row gets instead. */
export interface Upserted {
  readonly given: object
  readonly values: Values
}

/** An upsert of rows that set the same columns. */
export class UpsertMany implements Request<Row[]> {
  readonly plan: Plan
  readonly rows: number
  readonly columns: readonly ColumnMeta[]
  limits: Limits | undefined
  readonly #encode: Encode
  readonly #now = Date.now()
  /** The caller's rows; none once they have crossed, so that a call that waits does not hold them. */
  #upserted: readonly Upserted[]

  /** @param set the columns of the values, whose parameters come behind those of each row  @param first the place of the first row among those of the user */
  constructor(
    { plan, encode, columns }: InsertPlan,
    upserted: readonly Upserted[],
    set: readonly ColumnMeta[],
    readonly first: number,
    readonly changes?: Changes,
  ) {
    this.plan = plan
    this.rows = upserted.length
    this.#upserted = upserted
    this.columns = [...columns, ...set]
    this.#encode = encode
  }

  put(from: number): number {
    const { length } = this.columns
    const end = Math.min(this.rows, from + rowsAtOnce(length))
    for (let i = from; i < end; i++) {
      try {
        this.#putRow(this.#upserted[i] as Upserted, (i - from) * length)
      } catch (error) {
        throw errorInRow(error, this.first + i)
      }
    }
    if (end === this.rows) this.#upserted = []
    return end - from
  }

  #putRow({ given, values }: Upserted, slot: number): void {
    this.#encode(given, slot, this.#now)
    const first = this.columns.length - values.length
    for (let i = 0; i < values.length; i++) {
      put(slot + first + i, this.plan.params[first + i] as Wire, values[i] as Ready)
    }
  }

  read(answer: Answer, narrow: string): Row[] {
    return answer.rows(this.plan, narrow) as Row[]
  }

  explain(failure: Failure): Failure {
    const told = this.changes ? withChange(failure, this.changes) : failure
    return ofRow(told, this.first)
  }
}
