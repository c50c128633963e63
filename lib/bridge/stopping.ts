/** The limits of a call, `signal` and `timeout`, which every call takes. */

import { checkOptions, type Fields, unknownOption } from '../base/check-options.js'
import { copyError, errorOf, PlinthError } from '../base/errors.js'
import type { OptionTable } from '../base/option-kinds.js'
import { rejectLate } from '../base/stack.js'
import { unref } from '../base/unref.js'
import type { CallOptions } from '../types/index.js'

/** These options, for the tables of calls that take them. */
export const LIMITS: OptionTable<keyof CallOptions> = {
  signal: { expected: 'an AbortSignal', accepts: isSignal },
  timeout: {
    expected: 'a number of milliseconds above 0',
    accepts: value => typeof value === 'number' && value > 0,
  },
}

/** Refuses a signal among the limits of a call that blocks. Throws UNKNOWN_OPTION. */
export function noSignal({ signals }: Limits): void {
  if (signals.length === 0) return
  const why = ' A signal cannot fire while a call blocks: use the asynchronous call.'
  throw errorOf(
    unknownOption(
      { call: 'A blocking call' },
      'signal',
      Object.keys(LIMITS).filter(name => name !== 'signal'),
      why,
    ),
  )
}

/** The longest time that a timer can wait, in milliseconds; a longer timeout means no limit. */
export const LONGEST = 2 ** 31 - 1

/** The limits of a call: its own options, and those of the views that it is made on. */
export interface Limits {
  readonly signals: readonly AbortSignal[]
  /** Milliseconds. */
  readonly timeout: number
}

/** No limits at all. */
export const NONE: Limits = { signals: [], timeout: Number.POSITIVE_INFINITY }

/** The limits among the options of a call, which were checked; undefined if there are none. */
export function limitsOf(given: Fields | undefined): Limits | undefined {
  if (given === undefined) return undefined
  const { signal, timeout } = given
  if (signal === undefined && timeout === undefined) return undefined
  return { signals: signal ? [signal as AbortSignal] : [], timeout: (timeout as number) ?? Number.POSITIVE_INFINITY }
}

/** The limits of a call that has no other options. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function onlyLimits(call: string, given: unknown): Limits | undefined {
  checkOptions({ call: `${call}()` }, LIMITS, given)
  return limitsOf(given as Fields | undefined)
}

/** Both limits. */
export function both(one: Limits | undefined, other: Limits | undefined): Limits | undefined {
  if (!one || !other) return one ?? other
  return { signals: [...one.signals, ...other.signals], timeout: Math.min(one.timeout, other.timeout) }
}

/** A signal of another realm, or of a library, is one too. An object that only inherits from AbortSignal is not: its properties throw. */
function isSignal(value: unknown): boolean {
  const signal = value as Partial<AbortSignal> | null
  if (typeof signal !== 'object' || signal === null) return false
  try {
    return (
      typeof signal.aborted === 'boolean' &&
      typeof signal.addEventListener === 'function' &&
      typeof signal.removeEventListener === 'function'
    )
  } catch {
    return false
  }
}

/** A call that takes too long. */
export function late(timeout: number): PlinthError {
  return new PlinthError('TIMEOUT', `The call took longer than its timeout of ${timeout} ms.`, {
    mayHaveCommitted: false,
  })
}

function aborted(signal: AbortSignal): PlinthError {
  return new PlinthError('ABORTED', 'The call was stopped by its signal.', {
    cause: signal.reason,
    mayHaveCommitted: false,
  })
}

/** The error of a call that was stopped: why, and what the core says of the call (`told`). */
export function stopError({ code, message, cause }: PlinthError, told: PlinthError): PlinthError {
  const { hint, mayHaveCommitted } = told
  return new PlinthError(code, message, {
    cause,
    ...(hint !== undefined && { hint }),
    ...(mayHaveCommitted !== undefined && { mayHaveCommitted }),
  })
}

/** Whether a call was stopped by its limits. */
export const isStopped = (error: unknown): error is PlinthError =>
  error instanceof PlinthError && (error.code === 'ABORTED' || error.code === 'TIMEOUT')

/**
 * The calls that wait for a signal. It has one listener, whatever their number, and none if no call
 * waits.
 */
const waiting = new WeakMap<AbortSignal, { stoppers: Set<Stopper>; fired: () => void }>()

function listen(signal: AbortSignal, stopper: Stopper): void {
  let entry = waiting.get(signal)
  if (!entry) {
    const stoppers = new Set<Stopper>()
    const fired = () => {
      for (const each of [...stoppers]) each.stop(aborted(signal))
    }
    entry = { stoppers, fired }
    waiting.set(signal, entry)
  }
  if (entry.stoppers.size === 0) signal.addEventListener('abort', entry.fired)
  entry.stoppers.add(stopper)
}

function unlisten(signal: AbortSignal, stopper: Stopper): void {
  const entry = waiting.get(signal)
  if (!entry?.stoppers.delete(stopper) || entry.stoppers.size > 0) return
  signal.removeEventListener('abort', entry.fired)
}

/** The limits of a call while it runs. */
export class Stopper {
  /** Why it is stopped, when it is. */
  error: PlinthError | undefined
  /** Whether it is for a transaction or a session as a whole, which rejects with it: its calls need not be looked after. */
  whole = false
  /** The limit, in milliseconds. */
  readonly timeout: number
  readonly #limits: Limits
  readonly #stops = new Set<(error: PlinthError) => void>()
  readonly #timer: NodeJS.Timeout | undefined

  /** Throws ABORTED where a signal has fired already. `idle`: it does not keep the process alive. */
  constructor(limits: Limits, idle = false) {
    const { signals, timeout } = limits
    for (const signal of signals) if (signal.aborted) throw aborted(signal)
    this.#limits = limits
    this.timeout = timeout
    for (const signal of signals) listen(signal, this)
    if (timeout > LONGEST) return
    this.#timer = setTimeout(() => this.stop(late(timeout)), timeout)
    if (idle) unref(this.#timer)
  }

  /** Calls this when it is to stop; gives what takes that back. */
  on(stop: (error: PlinthError) => void): () => void {
    this.#stops.add(stop)
    return () => this.#stops.delete(stop)
  }

  stop(error: PlinthError): void {
    if (this.error) return
    this.error = error
    this.end()
    for (const stop of [...this.#stops]) stop(error)
  }

  /** Nothing is stopped any more: it is over. */
  end(): void {
    clearTimeout(this.#timer)
    for (const signal of this.#limits.signals) unlisten(signal, this)
  }
}

/** Runs `work` within limits; throws ABORTED where a signal has fired before. */
export function within<T>(limits: Limits | undefined, work: (stopper?: Stopper) => Promise<T>): Promise<T> {
  if (!limits) return work()
  const stopper = new Stopper(limits)
  try {
    return work(stopper).finally(() => stopper.end())
  } catch (error) {
    stopper.end()
    throw error
  }
}

/** The shortest limit of these in milliseconds, as the core takes it; 0 for none. */
export function shortest(stoppers: readonly Stopper[]): number {
  const ms = Math.min(...stoppers.map(stopper => stopper.timeout))
  return ms > LONGEST ? 0 : Math.ceil(ms)
}

/** Throws if one of these has stopped. */
export function checkAll(stoppers: readonly Stopper[]): void {
  for (const { error } of stoppers) if (error) throw copyError(error)
}

/** The value of a promise, or the error of the first of these that stops meanwhile. */
export function unlessStopped<T>(promise: Promise<T>, stoppers: readonly Stopper[]): Promise<T> {
  if (stoppers.length === 0) return promise
  return new Promise((resolve, reject) => {
    const takeBack: (() => void)[] = []
    const over = () => {
      for (const off of takeBack) off()
    }
    const stop = (error: PlinthError) => {
      over()
      resolve(rejectLate(() => copyError(error)))
    }
    for (const stopper of stoppers) takeBack.push(stopper.on(stop))
    // Its own functions, not others around them: so V8 finds the way from the promise to the caller.
    promise.finally(over).then(resolve, reject)
    for (const { error } of stoppers) if (error) stop(error)
  })
}

/**
 * The promise of a call that `stop` is to stop when the first of these stoppers fires. It is answered all the same, with its
 * result where that came first.
 */
export function stoppedBy<T>(
  answer: Promise<T>,
  stoppers: readonly Stopper[],
  stop: (why: PlinthError) => void,
): Promise<T> {
  let why: PlinthError | undefined
  const first = (error: PlinthError) => {
    if (why) return
    why = error
    stop(error)
  }
  const takeBack = stoppers.map(stopper => stopper.on(first))
  const over = () => {
    for (const off of takeBack) off()
  }
  const result = answer.then(
    given => {
      over()
      return given
    },
    error => {
      over()
      throw why && isStopped(error) ? stopError(why, error) : error
    },
  )
  return partOf(result, stoppers)
}

/**
 * The same promise; its rejection with the transaction or session that it is part of needs no
 * handler.
 */
export function partOf<T>(promise: Promise<T>, stoppers: readonly Stopper[]): Promise<T> {
  const whole = stoppers.filter(stopper => stopper.whole)
  if (whole.length === 0) return promise
  // Only then: with a second handler from the start V8 would not find the way from the promise to the caller.
  const part: Promise<T> = promise.catch(error => {
    if (whole.some(stopper => stopper.error)) part.catch(() => {})
    throw error
  })
  return part
}
