/**
 * The owner of a connection that is kept as long as a session lasts, named to calls that wait for
 * the connection in vain.
 */

import type { Failure } from '../base/errors.js'
import type { Plan } from './plans.js'

/** A session's hold on its connection, which counts the calls of that session. */
export interface Holding {
  /** Whether all calls of the session were answered. */
  readonly isIdle: boolean
  /** A call in it is sent. `plan` is undefined for BEGIN, COMMIT, ROLLBACK and savepoints. */
  begins(plan: Plan | undefined): void
  /** A call in it was answered. */
  ends(): void
}

/** Codes of calls that waited in vain for what others hold. */
const WAITED: readonly string[] = ['POOL_TIMEOUT', 'BUSY']

/** The holds on the connections of one database, by session. */
export class Holdings extends Map<number, Holding> {
  /** Adds the holders that a call of this session waited for to its failure. */
  name: ((failure: Failure, session: number) => Failure) | undefined

  /** The failure of a call of this session, with those named that it waited for. */
  explain(failure: Failure, session: number): Failure {
    return WAITED.includes(failure.code) ? (this.name?.(failure, session) ?? failure) : failure
  }

  /** A call of this session is sent. */
  begins(session: number, plan: Plan | undefined): Holding | undefined {
    const holding = session === 0 ? undefined : this.get(session)
    holding?.begins(plan)
    return holding
  }
}
