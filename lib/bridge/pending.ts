/** Calls that wait for their answer, and what they fail with if it tells too little, or never comes. */

import { copyError, PlinthError } from '../base/errors.js'
import { rejectLate } from '../base/stack.js'
import type { Holding } from './holding.js'
import type { Watched } from './observer.js'
import type { Request } from './request.js'

/** A call whose answer is read. */
export interface Called {
  readonly request: Request<unknown> | undefined
  /** The session that it runs in; 0: none, so that a write is committed before it is answered. */
  readonly session: number
  readonly watched: Watched | undefined
}

/** Fails a call with the error that `build` makes. */
export type Fail = (build: () => unknown) => unknown

export const failNow: Fail = build => {
  throw build()
}

/** A call that waits for its answer. */
export interface Pending extends Called {
  /** Names its session to the calls that wait in vain. */
  readonly holding: Holding | undefined
  resolve(value: unknown): void
}

/** Fails calls that get no answer any more. A write may have been done, and so may a commit, which has no request. */
export function failAll(pending: Iterable<Pending>, error: PlinthError): void {
  for (const { request, holding, resolve } of pending) {
    holding?.ends()
    const mayHaveCommitted = request === undefined || request.plan.writes
    resolve(rejectLate(() => copyError(error, { mayHaveCommitted })))
  }
}

/** The rest of a transaction may still be rolled back when its database is closed. */
export const rejectClosed = () => Promise.reject(new PlinthError('CLOSED', 'The database handle is closed.'))
