/** Running a transaction, or the function of a scope, again after an error that passes. */

import { copyError, PlinthError } from '../base/errors.js'
import { rejectLate } from '../base/stack.js'
import type { Stopper } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import type { Deadline } from './deadline.js'
import { RowsRead } from './rows-read.js'

/** The longest pause before another attempt, in milliseconds. */
const LONGEST = 500

/** How often a transaction or the function of a scope is run again, and the models that it is of. */
export interface Attempts {
  readonly retries: number
  readonly models: ReadonlyMap<string, ModelMeta>
}

/** Runs a transaction, and again while it fails for a reason that passes and attempts are left. */
export async function attempts<T>(
  { retries, models }: Attempts,
  transaction: (reads: RowsRead) => Promise<T>,
  stopper?: Stopper,
): Promise<T> {
  for (let done = 0; ; done++) {
    const reads = new RowsRead(models)
    try {
      return await transaction(reads)
    } catch (error) {
      if (done >= retries || !passes(error, reads)) throw error
      if (stopper?.error) throw copyError(stopper.error)
      await paused(pause(done), stopper)
    }
  }
}

/** Waits; throws where it is to stop. */
function paused(ms: number, stopper: Stopper | undefined): Promise<void> {
  return new Promise(resolve => {
    const over = (settle: () => void) => {
      clearTimeout(timer)
      off?.()
      settle()
    }
    const timer = setTimeout(() => over(resolve), ms)
    const off = stopper?.on(error => over(() => resolve(rejectLate(() => copyError(error)))))
  })
}

/** The same, blocking, until `deadline`. */
export function attemptsSync<T>(
  { retries, models }: Attempts,
  transaction: (reads: RowsRead) => T,
  deadline: Deadline | undefined,
): T {
  for (let done = 0; ; done++) {
    const reads = new RowsRead(models)
    try {
      return transaction(reads)
    } catch (error) {
      if (done >= retries || !passes(error, reads)) throw error
      deadline?.check()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause(done))
    }
  }
}

/**
 * Whether another attempt may succeed: `retryable` of an error of ours, or of the cause of the
 * user's error. A stale row is read again only by an attempt that has read it.
 */
function passes(error: unknown, reads: RowsRead): boolean {
  if (reads.committed) return false
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof PlinthError) {
      return at.code === 'STALE_ROW' ? reads.has(at) : at.retryable && at.mayHaveCommitted !== true
    }
  }
  return false
}

/** Longer each time, and never the same for two that ran into each other. */
const pause = (done: number) => Math.random() * Math.min(LONGEST, 10 * 2 ** done)
