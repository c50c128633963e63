/** What transaction() can be told: checked, in the numbers of the core, and how it is tried again. */

import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { plainOptions } from '../bridge/check-options.js'
import { again, LIMITS, late, type Stopper } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'

/** In the order of their numbers in the core, from 1; 0 is what the database does. */
const ISOLATIONS: readonly Isolation[] = ['read committed', 'repeatable read', 'serializable']

/** The longest pause before another attempt, in milliseconds. */
const LONGEST = 500

/** Throws where the options of a transaction are none. */
export function checkOptions(options: TransactionOptions | undefined): void {
  plainOptions('transaction', options, ['isolation', 'readOnly', 'retries', ...LIMITS])
  const { isolation, readOnly, retries } = options ?? {}
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw wrong('isolation', ISOLATIONS.map(name => `'${name}'`).join(' or '), isolation)
  }
  if (readOnly !== undefined && typeof readOnly !== 'boolean') throw wrong('readOnly', 'true or false', readOnly)
  if (retries !== undefined && !(Number.isSafeInteger(retries) && retries >= 0)) {
    throw wrong('retries', 'a whole number from 0', retries)
  }
}

function wrong(name: string, expected: string, found: unknown): PlinthError {
  return new PlinthError('QUERY_INVALID', `transaction(): ${name} must be ${expected}, found ${shown(found)}.`)
}

/** A transaction inside another is a savepoint: what it sees, and whether it is tried again, the outer one says. */
export function onlyOutside(options: TransactionOptions | undefined): void {
  const named = (['isolation', 'readOnly', 'retries'] as const).find(name => options?.[name])
  if (named === undefined) return
  throw new PlinthError('QUERY_INVALID', `A transaction inside another cannot have ${named} of its own.`, {
    hint: `Say ${named} on the outer one.`,
  })
}

/** The number of an isolation in the core. */
export function isolationOf(options: TransactionOptions | undefined): number {
  return options?.isolation === undefined ? 0 : ISOLATIONS.indexOf(options.isolation) + 1
}

/** Runs a transaction, and again while it fails for a reason that passes and attempts are left. */
export async function attempts<T>(retries: number, transaction: () => Promise<T>, stopper?: Stopper): Promise<T> {
  for (let done = 0; ; done++) {
    try {
      return await transaction()
    } catch (error) {
      if (done >= retries || !passes(error)) throw error
      if (stopper?.error) throw again(stopper.error)
      await paused(pause(done), stopper)
    }
  }
}

/** Waits; throws where it is to stop. */
function paused(ms: number, stopper: Stopper | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (settle: () => void) => {
      clearTimeout(timer)
      off?.()
      settle()
    }
    const timer = setTimeout(() => over(resolve), ms)
    const off = stopper?.on(error => over(() => reject(again(error))))
  })
}

/** The same, blocking, until `deadline`. */
export function attemptsSync<T>(retries: number, transaction: () => T, deadline: Deadline | undefined): T {
  for (let done = 0; ; done++) {
    try {
      return transaction()
    } catch (error) {
      if (done >= retries || !passes(error)) throw error
      deadline?.check()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause(done))
    }
  }
}

/** Until when a blocking transaction may run. */
export class Deadline {
  readonly #at: number

  constructor(
    readonly timeout: number,
    readonly outer?: Deadline,
  ) {
    this.#at = performance.now() + timeout
  }

  /** Milliseconds that are left; 0 and below: it is late. */
  left(): number {
    return Math.min(this.#at - performance.now(), this.outer?.left() ?? Number.POSITIVE_INFINITY)
  }

  /** Throws TIMEOUT when it is late. */
  check(): void {
    this.outer?.check()
    if (this.left() <= 0) throw late(this.timeout)
  }
}

/** Whether another attempt may succeed: an error of ours says so, also one that the user's own has as its cause. */
function passes(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof PlinthError) return at.retryable && at.mayHaveCommitted !== true
  }
  return false
}

/** Longer each time, and never the same for two that ran into each other. */
const pause = (done: number) => Math.random() * Math.min(LONGEST, 10 * 2 ** done)
