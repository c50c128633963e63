/** The events of statements: the `log` of open(), and the events of node:diagnostics_channel. */

import type { ErrorCode } from '../base/error-code.js'
import type { Dialect } from './words.js'

/**
 * The action of a statement. `sql` is one that a person wrote; those behind it steer a transaction.
 */
export type StatementAction =
  | 'select'
  | 'insert'
  | 'upsert'
  | 'update'
  | 'delete'
  | 'sql'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'release'
  | 'rollbackTo'

/** A statement that ran, as the channel `plinth:statement` and `open({ log })` tell it. */
export interface StatementEvent {
  /** Its text, with placeholders. Of createMany: that of one row. */
  readonly sql: string
  /** How long it ran, in milliseconds, measured beside the database; what it waited for its turn is not part of it. */
  readonly durationMs: number
  /** Rows it gave, or else inserted, changed or deleted. */
  readonly rows: number
  /** Why it failed. */
  readonly error?: { readonly code: ErrorCode; readonly message: string }
  /** The model whose rows they are; none of SQL that a person wrote. */
  readonly model?: string
  readonly action: StatementAction
  readonly dialect: Dialect
  /** Present where it took at least `log.slowMs`. */
  readonly slow?: true
  /**
   * The values of its placeholders, in their order, if `log.values` asks for them: private columns
   * as `[private]`, long text cut short, bytes as their number. Of createMany: the first row's.
   */
  readonly values?: readonly unknown[]
}

/** A warning, as the channel `plinth:warning` tells it. */
export type WarningEvent = RepeatedReadEvent | IdleTransactionEvent | AfterCommitWarningEvent

/** A session that keeps a transaction open while no call runs in it. */
export interface IdleTransactionEvent {
  readonly code: 'PLINTH_IDLE_TRANSACTION'
  /** All of it in a sentence, the hint left out. */
  readonly message: string
  /** Whose session it is: a route such as `POST /tasks`, or the call that made it. */
  readonly owner: string
  readonly hint: string
}

/** A hook `afterCommit` that failed, or events that were dropped since too many waited. */
export interface AfterCommitWarningEvent {
  readonly code: 'PLINTH_AFTER_COMMIT'
  /** All of it in a sentence, the hint left out. */
  readonly message: string
  readonly hint: string
  /** The error that the hook threw; missing if events were dropped. */
  readonly error?: unknown
}

/** A read that is repeated for each of many rows. */
export interface RepeatedReadEvent {
  readonly code: 'PLINTH_N_PLUS_ONE'
  /** All of it in a sentence, the hint left out. */
  readonly message: string
  /** The model and the call that was repeated: `users`, `get`. */
  readonly model: string
  readonly call: string
  /** How often it had run when the warning was made. */
  readonly count: number
  /** The line that made the calls; empty if it is not known. */
  readonly place: string
  /** The call that would read the same at once. */
  readonly hint: string
}

/** The settings of `log` of open(), beside `true` and a function. */
export interface LogOptions {
  /** Whether every statement is reported; true without it, unless `slowMs` or `nPlusOne` is given. */
  statements?: boolean | undefined
  /** Reports statements that take at least so many milliseconds, and marks them as slow. */
  slowMs?: number | undefined
  /** Whether events have the values of statements; false without it. */
  values?: boolean | undefined
  /**
   * Whether a read that is repeated for each of many rows is warned of, or after how many repetitions: 10 for true. Without
   * it, only with NODE_ENV=development.
   */
  nPlusOne?: boolean | number | undefined
  /** Receives what is reported; without it, lines on the standard error output. */
  to?: ((event: StatementEvent) => void) | undefined
}
