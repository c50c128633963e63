/** Calls whose parameters are ready when they are made. */

import type { Failure } from '../base/errors.js'
import type { ColumnMeta, Wire } from '../models/metadata.js'
import { put, type Ready } from './memory.js'
import type { Plan } from './plans.js'
import type { Answer, Request, Values } from './request.js'
import type { Limits } from './stopping.js'
import { type Changes, withChange, withValues } from './value-error.js'

/** The values that a write sets, and their columns. */
export interface SetValues {
  readonly columns: readonly ColumnMeta[]
  readonly values: Values
}

/** A call whose parameters are ready. */
export class Call<T> implements Request<T> {
  readonly rows = 1
  limits: Limits | undefined
  /** The atomic changes of an update, by their columns. */
  changes: Changes | undefined
  /** The values that it sets, if they are not its first. */
  set: SetValues | undefined
  /** The failure if the database refuses one of its values. */
  refusal: Failure | undefined

  constructor(
    readonly plan: Plan,
    readonly values: Values,
    readonly read: (answer: Answer, narrow: string) => T,
    readonly columns?: readonly ColumnMeta[],
    readonly point = false,
  ) {}

  put(): number {
    const { values, plan } = this
    for (let i = 0; i < values.length; i++) put(i, plan.params[i] as Wire, values[i] as Ready)
    return 1
  }

  /** Sets `refusal`. */
  refusedAs(refusal: Failure | undefined): this {
    this.refusal = refusal
    return this
  }

  explain(failure: Failure): Failure {
    const about = this.changes ? withChange(failure, this.changes) : failure
    const { columns, values } = this.set ?? this
    return columns ? withValues(about, columns, values, this.changes) : about
  }
}
