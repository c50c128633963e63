/** The observer to which a client reports the statements of its calls. */

import type { Failure } from '../base/errors.js'
import type { StatementAction } from '../types/index.js'
import type { Plan } from './plans.js'

/** The statements of a plan, as the core describes them. */
export interface Statements {
  /** Of each its SQL, which parameters of the plan it binds, and whether keys of its parents come before them. */
  readonly nodes: readonly { sql: string; from: number; to: number; linked: boolean; model: string | undefined }[]
  readonly action: StatementAction
  /** The numbers of private parameters: events leave out their values. */
  readonly hidden: ReadonlySet<number>
}

/** A call whose statements are reported; without a plan it steers a transaction. */
export interface Watched {
  readonly of: Statements | undefined
  values: readonly unknown[] | undefined
}

/** Receives the statements of one database's calls. */
export interface Observer {
  /** Whether anybody wants to hear of the next call. */
  readonly listens: boolean
  /** Begins to watch a call. `describe` asks the core for the statements of the plan, as JSON; once. */
  watch(plan: Plan | undefined, describe: () => string): Watched
  /** Notes the values of a call, which have just been put into the shared arrays. */
  packed(watched: Watched, plan: Plan): void
  /** Reports the statements of a call; `timings` is JSON, `error` is why the call failed. */
  tell(watched: Watched, timings: string, error: Failure | undefined): void
}
