/** The hooks of `open()`, and the events that they get after commits. */

import type { Filter } from './filter.js'
import type { RowOf } from './query.js'
import type { AnySchema } from './schema.js'

/** The writes of one call, after its commit: the rows as the call returned them, or a condition and a number. */
export type AfterCommitEvent<Row = object, Where = object> =
  | {
      readonly call: 'create' | 'createMany' | 'update' | 'upsert' | 'upsertMany' | 'claim'
      readonly rows: readonly Row[]
    }
  | {
      readonly call: 'delete' | 'updateMany' | 'deleteMany'
      /** The condition of the call; of `delete` the columns of the key, and `{}` for all rows. */
      readonly where: Where
      /** How many rows were changed or deleted, at least 1. */
      readonly changes: number
    }

/** The hooks of one model. */
export interface ModelHooks<S extends AnySchema, K> {
  /**
   * Called after the commit that holds the writes of a call: at most once, one event after the other. The caller does not wait
   * for it. An error that it throws becomes a warning. Not called for raw SQL, for foreign-key actions, if no row was changed,
   * and if the commit is unclear (`mayHaveCommitted`).
   */
  afterCommit(event: AfterCommitEvent<RowOf<S, K>, Filter<S, K>>): void | Promise<void>
}

/** The hooks of `open()`, by model. */
export type Hooks<S extends AnySchema> = { readonly [K in keyof S['models']]?: ModelHooks<S, K> | undefined }
