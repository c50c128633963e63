/** The way to the core: calls cross packed and are gathered in a microtask, answers come back together. */

import {
  copyError,
  errorOf,
  type Failure,
  failureOf,
  type NativeFailure,
  nativeError,
  PlinthError,
} from '../base/errors.js'
import { rejectLate } from '../base/stack.js'
import { nextTurn } from '../base/turn.js'
import { native } from './addon.js'
import type { Handle } from './addon-types.js'
import { Answered } from './answered.js'
import { By, cross, limitNext } from './crossing.js'
import { Holdings } from './holding.js'
import { DATA, floats, Head, ints, SLOTS } from './memory.js'
import type { Observer, Watched } from './observer.js'
import { type Called, type Fail, failAll, failNow, type Pending, rejectClosed } from './pending.js'
import { type Plan, Plans } from './plans.js'
import type { Request } from './request.js'
import { slice } from './slice.js'
import { checkAll, type Stopper, shortest, stoppedBy } from './stopping.js'
import { placed, unknownWrite } from './value-error.js'

/** Calls that are handed over at once, without waiting for the end of the microtask: the core runs them meanwhile. */
const GATHER = 16
/** How long answers are read in one go, in milliseconds: then timers, sockets and what waits for these answers have their turn. */
const SLICE = 1
/** How many answers are read in one go at most: what waits for them runs before the next turn, and may take longer than reading them. */
const MOST = 64
/** The words of control() that end a transaction or a part of it: they are carried out whatever has stopped. */
const ENDS: ReadonlySet<string> = new Set(['rollback', 'undo', 'close'])

/** A limit of blocking calls in milliseconds, and how much of it is left. */
export interface TimeLimit {
  readonly timeout: number
  readonly left: number
}

/** Cheaper than queueMicrotask, which makes an asynchronous resource of every call. */
const SETTLED = Promise.resolve()
/**
 * Databases with unsettled promises: these must be kept alive even if the user keeps nothing but
 * the promise.
 */
const owing = new Set<Client>()

/** Whether a call that waits for its answer may change rows; one without a request steers a transaction. */
const mayWrite = (request: Request<unknown> | undefined): boolean => request === undefined || request.plan.writes

/** One open database. */
export class Client {
  readonly handle: Handle
  readonly plans: Plans
  readonly #answered: Answered
  readonly #pending = new Map<number, Pending>()
  /** Those of them that write, or steer a transaction. */
  #writing = 0
  #ticket = 0
  /** Calls that have crossed and wait for the next flush. */
  #gathered = 0
  /** Whether the next answers are read in the next turn of the event loop. */
  #resting = false
  #idle: (() => void)[] = []
  /** Whether the connections are closed: a call gets no answer any more. */
  #isClosed = false
  readonly holdings = new Holdings()

  /** @param schema the schema as JSON  @param settings where the database is, as JSON: see lib/project/location.ts */
  constructor(
    schema: string,
    settings: string,
    readonly observer: Observer,
  ) {
    const core = native()
    if (core.wireLength() !== DATA + SLOTS) {
      throw new PlinthError('NATIVE_MISSING', "Plinth's binary is of another version than its JavaScript.", {
        hint: 'Install both in the same version.',
      })
    }
    // The core holds the callback as long as the database is open; the database must not be held by it.
    const self = new WeakRef(this)
    try {
      this.handle = core.openDatabase(schema, settings, { ints, floats }, () => self.deref()?.wake())
    } catch (thrown) {
      throw nativeError(thrown)
    }
    this.plans = new Plans(this.handle)
    this.#answered = new Answered(this.handle)
  }

  /** Runs a call in a session; 0 is none. It ends when one of the stoppers fires. */
  send<T>(request: Request<T>, session: number, stoppers?: readonly Stopper[]): Promise<T> {
    if (this.#isClosed) return rejectClosed()
    if (!stoppers?.length) return this.#sendUnlimited(request, session)
    const ticket = this.#next()
    const called = { request, watched: this.#watch(request.plan), session }
    checkAll(stoppers)
    cross(this, called, ticket, 'submit', shortest(stoppers))
    return this.#stoppable(ticket, this.#promise(ticket, called), stoppers) as Promise<T>
  }

  /**
   * Runs a call without limits. In a session whose calls were all answered the core answers what is
   * short at once.
   */
  #sendUnlimited<T>(request: Request<T>, session: number): Promise<T> {
    const ticket = this.#next()
    const called = { request, watched: this.#watch(request.plan), session }
    const isFirst = request.rows === 1 && this.holdings.get(session)?.isIdle === true
    const way = isFirst && slice.isOpen ? 'inline' : 'submit'
    const narrow = cross(this, called, ticket, way)
    if (narrow === undefined) return this.#promise(ticket, called) as Promise<T>
    this.holdings.begins(session, request.plan)?.ends()
    return this.#prompt(narrow, called)
  }

  /** The promise of what the core has answered at once. If the time of this turn is used up, it settles in the next one. */
  #prompt<T>(narrow: unknown, called: Called): Promise<T> {
    const isLate = slice.ran(floats[2] as number, floats[3] as number)
    const result = this.#answer(narrow as string, called, failNow) as T
    return isLate ? slice.later(result) : Promise.resolve(result)
  }

  /** Stops a call when one of the stoppers fires. */
  #stoppable<T>(ticket: number, answer: Promise<T>, stoppers: readonly Stopper[]): Promise<T> {
    return stoppedBy(answer, stoppers, error => {
      ints[Head.ticket] = ticket
      ints[Head.rows] = error.code === 'TIMEOUT' ? 1 : 0
      this.handle.stop()
    })
  }

  /**
   * Runs a call that stands alone. A read of a plan that was quick the last times is answered at once, on this thread: that
   * takes less time than handing it to another. If it would have to wait or takes too long, it goes the usual way.
   */
  sendAlone<T>(request: Request<T>): Promise<T> {
    if (!this.#mayRunHere(request)) return this.send(request, 0)
    const ticket = this.#next()
    const called = { request, watched: this.#watch(request.plan), session: 0 }
    const narrow = cross(this, called, ticket, 'inline')
    return narrow === undefined ? (this.#promise(ticket, called) as Promise<T>) : this.#prompt(narrow, called)
  }

  /** Whether the core may be asked to run it at once. While a write waits, a read of more than one row by its key keeps its place behind it. */
  #mayRunHere({ plan, point }: Request<unknown>): boolean {
    if (plan.action !== 'select' || plan.writes || this.#isClosed) return false
    return slice.isOpen && (this.#writing === 0 || point === true)
  }

  /**
   * Steers a session: begin, beginRead, commit, rollback; savepoint, release and undo of number `n`; fetch from the stream
   * of number `n`, which `request` opened, and close of one. The words that end something cannot be stopped: for them the stoppers
   * only say how long a server is waited for that does not answer.
   */
  control<T = void>(
    session: number,
    word: string,
    n = 0,
    stoppers: readonly Stopper[] = [],
    request?: Request<T>,
  ): Promise<T> {
    if (this.#isClosed) return rejectClosed()
    const ticket = this.#next()
    const ends = ENDS.has(word)
    if (!ends) checkAll(stoppers)
    if (stoppers.length > 0) {
      const over = stoppers.some(stopper => stopper.error)
      if (!ends) limitNext(this.handle, shortest(stoppers), By.caller)
      else if (over) limitNext(this.handle, shortest(stoppers), By.endItself, 0)
      else limitNext(this.handle, shortest(stoppers), By.endCaller)
    }
    ints[Head.ticket] = ticket
    ints[Head.session] = session
    ints[Head.rows] = n
    const called = { request, watched: this.#watch(request?.plan), session }
    ints[Head.watched] = called.watched ? 1 : 0
    // A listener would be called before the caller knows that it has begun, and may make calls itself.
    if (word === 'begin' && stoppers.length === 0 && !called.watched && slice.isOpen) {
      const narrow = this.handle.steer(word)
      if (narrow !== undefined) {
        this.holdings.begins(session, undefined)?.ends()
        return this.#prompt(narrow, called)
      }
    } else this.handle.control(word)
    const done = this.#promise(ticket, called) as Promise<T>
    return stoppers.length > 0 ? this.#stoppable(ticket, done, stoppers) : done
  }

  /** The same, blocking; stopped after so many milliseconds, where they are given. */
  sendSync<T>(request: Request<T>, session: number, ms?: number): T {
    const watched = this.#watch(request.plan)
    const called = { request, watched, session }
    return this.#answer(cross(this, called, 0, 'call', ms) as string, called, failNow) as T
  }

  /** The same, blocking; stopped after so many milliseconds, where they are given. */
  controlSync<T = void>(session: number, word: string, n = 0, ms?: number, request?: Request<T>): T {
    if (ms !== undefined) limitNext(this.handle, ms, By.itself)
    return this.#steerSync(session, word, n, request)
  }

  /** The same for the words that end something, which cannot be stopped; `limit`: says how long a server is waited for that does not answer. */
  endSync(session: number, word: string, n: number, limit: TimeLimit | undefined): void {
    if (limit) limitNext(this.handle, limit.timeout, By.endItself, Math.max(0, Math.ceil(limit.left)))
    this.#steerSync(session, word, n)
  }

  #steerSync<T>(session: number, word: string, n: number, request?: Request<T>): T {
    ints[Head.session] = session
    ints[Head.rows] = n
    const watched = this.#watch(request?.plan)
    ints[Head.watched] = watched ? 1 : 0
    return this.#answer(this.handle.callControl(word), { request, watched, session }, failNow) as T
  }

  /** Throws FILE_GONE where the database is not any more the one that was opened. */
  verify(): void {
    try {
      this.handle.verify()
    } catch (thrown) {
      throw nativeError(thrown)
    }
  }

  /** The plans of the calls that stand alone and are not answered yet. */
  *plansAlone(): Iterable<Plan> {
    for (const { request, session } of this.#pending.values()) if (request && session === 0) yield request.plan
  }

  /** Resolves when nothing is running. */
  idle(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  /** Closes the connections at once, whatever runs on them: calls that wait for their answer fail with `error`. */
  abandon(error: PlinthError): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.handle.close()
    failAll(this.#pending.values(), error)
    this.#pending.clear()
    this.#settle()
  }

  /** Closes the connections when what is running is done. */
  async close(): Promise<void> {
    await this.idle()
    if (this.#isClosed) return
    const ticket = this.#next()
    ints[Head.ticket] = ticket
    this.handle.end()
    this.#isClosed = true
    await this.#promise(ticket, { request: undefined, watched: undefined, session: 0 })
    this.handle.close()
  }

  #next(): number {
    this.#ticket = (this.#ticket + 1) & 0x3fffffff
    return this.#ticket
  }

  /** Reports the call's statements if there is a listener. */
  #watch(plan: Plan | undefined): Watched | undefined {
    const { observer } = this
    return observer.listens ? observer.watch(plan, () => this.plans.statements(plan as Plan)) : undefined
  }

  #promise(ticket: number, { request, watched, session }: Called): Promise<unknown> {
    const holding = this.holdings.begins(session, request?.plan)
    return new Promise(resolve => {
      this.#pending.set(ticket, { request, session, watched, holding, resolve })
      if (mayWrite(request)) this.#writing++
      if (this.#pending.size === 1) this.#hold(1)
      this.#gathered++
      if (this.#gathered === GATHER) this.#flush()
      else if (this.#gathered === 1) SETTLED.then(this.#flush)
    })
  }

  readonly #flush = () => {
    if (this.#gathered === 0) return
    this.#gathered = 0
    this.handle.flush()
  }

  #hold(yes: 0 | 1): void {
    if (yes) owing.add(this)
    else owing.delete(this)
    ints[Head.rows] = yes
    this.handle.hold()
  }

  /** Reads the waiting answers, each in one go; many of them in slices. */
  wake(): void {
    if (this.#resting) return
    const end = performance.now() + SLICE
    for (let read = 1; ; read++) {
      const narrow = this.handle.next()
      if (narrow === undefined) break
      const pending = this.#pending.get(ints[Head.ticket] as number)
      if (!pending) continue
      this.#pending.delete(ints[Head.ticket] as number)
      if (mayWrite(pending.request)) this.#writing--
      pending.holding?.ends()
      pending.resolve(this.#answer(narrow, pending, rejectLate))
      if (this.#pending.size > 0 && (read >= MOST || performance.now() > end)) {
        this.#resting = true
        nextTurn(this.#goOn)
        return
      }
    }
    if (this.#pending.size === 0) this.#settle()
  }

  readonly #goOn = () => {
    this.#resting = false
    this.wake()
  }

  /** Nothing is running any more. */
  #settle(): void {
    if (this.#isClosed) owing.delete(this)
    else this.#hold(0)
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /**
   * Reads the answer of a call; its failure goes to `fail`. Statements are reported afterwards: a
   * listener may make calls, which use the arrays anew.
   */
  #answer(narrow: string, called: Called, fail: Fail): unknown {
    const { watched } = called
    const timings = watched && ints[Head.watched] ? this.handle.timings() : undefined
    const failure = ints[Head.failed] ? this.#failure(called) : undefined
    try {
      return failure ? fail(() => errorOf(failure)) : this.#read(narrow, called, fail)
    } finally {
      if (watched && timings !== undefined) this.observer.tell(watched, timings, failure)
    }
  }

  #read(narrow: string, { request, session }: Called, fail: Fail): unknown {
    try {
      return request?.read(this.#answered, narrow)
    } catch (error) {
      const changes = (of: PlinthError) => (session === 0 && request?.plan.writes ? unknownWrite(of) : {})
      return fail(() => (error instanceof PlinthError ? copyError(error, changes(error)) : error))
    }
  }

  /** Why a call failed. */
  #failure({ request, session }: Called): Failure {
    const native = JSON.parse(this.handle.error()) as NativeFailure
    const failure = this.holdings.explain(failureOf(native), session)
    if (!request) return failure
    if (request.refusal && failure.code === 'VALUE_INVALID') return request.refusal
    const explained = native.param === undefined ? request.explain(failure) : placed(failure, request, native.param)
    return session === 0 && request.plan.writes ? { ...explained, ...unknownWrite(explained) } : explained
  }
}
