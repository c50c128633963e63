/** Inserts of one or more rows, which are packed as they cross. */

import type { Failure } from '../base/errors.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import type { Encode } from './encode.js'
import { rowsAtOnce } from './memory.js'
import type { Plan } from './plans.js'
import type { Answer, Request, Row } from './request.js'
import type { Limits } from './stopping.js'
import { errorInRow, isViolation, ofRow, withValues } from './value-error.js'

/** How the rows of a model are inserted: its plan, and what packs a row. */
export interface InsertPlan {
  readonly plan: Plan
  readonly encode: Encode
  readonly columns: readonly ColumnMeta[]
}

/** Stands for the rows of a call that have crossed. */
const CROSSED: readonly object[] = []

/** Inserts of one or more rows. */
export class Insert<T> implements Request<T> {
  readonly plan: Plan
  readonly rows: number
  /** The rows as the call gives them, each from when it has crossed. */
  readonly made: Row[]
  readonly columns: readonly ColumnMeta[]
  limits: Limits | undefined
  readonly #encode: Encode
  readonly #withKey: boolean
  readonly #now = Date.now()
  /** The caller's rows; none once they have crossed, so that a call that waits holds each row once. */
  #given: readonly object[]

  constructor(
    { plan, encode, columns }: InsertPlan,
    readonly model: ModelMeta,
    given: readonly object[],
    withKey: boolean,
    readonly result: (rows: Row[]) => T,
    readonly first = 0,
  ) {
    this.plan = plan
    this.columns = columns
    this.rows = given.length
    this.made = new Array(given.length)
    this.#given = given
    this.#encode = encode
    this.#withKey = withKey
  }

  put(from: number): number {
    const params = this.plan.params.length
    const end = Math.min(this.rows, from + rowsAtOnce(params))
    for (let i = from; i < end; i++) {
      try {
        this.made[i] = this.#encode(this.#given[i] as object, (i - from) * params, this.#now)
      } catch (error) {
        throw this.rows > 1 || this.first > 0 ? errorInRow(error, this.first + i) : error
      }
    }
    if (end === this.rows) this.#given = CROSSED
    return end - from
  }

  read(answer: Answer): T {
    const { identity } = this.model
    if (identity && !this.#withKey && !identity.private) this.#setKeys(answer, identity)
    return this.result(this.made)
  }

  #setKeys(answer: Answer, identity: ColumnMeta): void {
    const name = identity.property
    const big = identity.kind === 'bigId'
    if (this.rows === 1) {
      ;(this.made[0] as Row)[name] = big ? answer.lastKey() : answer.lastKeyNumber()
      return
    }
    const keys = answer.keys()
    for (let i = 0; i < this.rows; i++) (this.made[i] as Row)[name] = big ? keys[i] : Number(keys[i])
  }

  explain(failure: Failure): Failure {
    const several = this.rows > 1 || this.first > 0
    if (!isViolation(failure)) return several ? ofRow(failure, this.first) : failure
    const made = this.made[failure.row ?? 0]
    const values = this.columns.map(c => (c.private ? null : made?.[c.property]))
    const explained = withValues(failure, this.columns, values)
    return several ? ofRow(explained, this.first) : explained
  }
}
