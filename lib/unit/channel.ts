/** The ways a call can go: on the database itself, or in a transaction; session-channel.ts and blocking-channel.ts have the others. Tables do not know which. */

import { keep } from '../bridge/frozen-request.js'
import type { Request } from '../bridge/request.js'
import { both, type Limits, partOf, type Stopper, unlessStopped, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import { type Core, Scope } from './database-state.js'
import { attempts, isolationOf, onlyOutside } from './retry.js'
import { type AsyncPlace, type Batch, Batches, type BlockingBatches, type Ends } from './stream-batches.js'

/** What runs in a transaction, on the way that its calls go. */
export type Work<T> = (channel: Channel) => Promise<T> | T

/** Where a table sends its calls. `send` gives a promise, or, where calls block, the result itself. */
export interface Channel {
  readonly core: Core
  readonly blocking: boolean
  /** The transaction or session that calls on it belong to; none where each stands alone. */
  readonly belongsTo?: object | undefined
  send<T>(request: Request<T>): Promise<T> | T
  /** Reads the rows of a request a batch at a time. */
  batches(request: Request<Batch>): Batches | BlockingBatches
  /** All of `work` or nothing. */
  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> | T
}

/** The database itself: each call stands alone. */
export class RootChannel implements Channel {
  readonly blocking = false
  constructor(readonly core: Core) {}

  send<T>(request: Request<T>): Promise<T> {
    const { repeats } = this.core
    this.core.guard()
    const call = this.#sent(request)
    return repeats ? repeats.follow(call) : call
  }

  #sent<T>(request: Request<T>): Promise<T> {
    const { client } = this.core
    if (request.limits) return within(request.limits, stopper => client.send(request, 0, stopper && [stopper]))
    return request.point ? client.sendPoint(request) : client.send(request, 0)
  }

  batches(request: Request<Batch>): Batches {
    const { core } = this
    core.guard()
    const guard = () => core.alive()
    return new Batches(request, snapshot(core, core.streams, [], guard))
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    this.core.guard()
    const retries = options?.retries ?? 0
    const run = (stopper?: Stopper) => {
      const once = () => this.#transaction(work, options, stopper)
      return retries > 0 ? attempts(retries, once, stopper) : once()
    }
    return this.core.track(within(limits, run))
  }

  async #transaction<T>(work: Work<T>, options: TransactionOptions | undefined, stopper?: Stopper): Promise<T> {
    const { core } = this
    const readOnly = options?.readOnly === true
    const scope = new Scope(core.number(readOnly), undefined, stopper)
    const off = stopper?.on(error => scope.end(error))
    const control = (word: string, n?: number, stoppers?: readonly Stopper[]) =>
      core.client.control(scope.session, word, n, stoppers)
    const holds = !readOnly || core.inMemory
    if (holds) core.writing(1)
    try {
      await control(readOnly ? 'beginRead' : 'begin', isolationOf(options), scope.stoppers)
      let result: T
      try {
        result = await during(core, scope, work)
      } catch (error) {
        scope.end()
        // The reason for the rollback is what the caller must learn; if it fails too, the connection rolls back on its own.
        await control('rollback').catch(() => {})
        throw error
      }
      scope.end()
      await control('commit')
      return result
    } finally {
      scope.end()
      off?.()
      if (holds) core.writing(-1)
    }
  }
}

/** Runs the function of a transaction and what it began, until it is stopped: then it may hang as it likes. */
async function during<T>(core: Core, scope: Scope, work: Work<T>): Promise<T> {
  if (scope.ended) throw scope.over()
  const all = async () => {
    const result = await work(new ScopeChannel(core, scope))
    while (scope.turn) await scope.turn
    return result
  }
  const result = await unlessStopped(core.running.run(scope, all), scope.stoppers)
  if (scope.ended) throw scope.over()
  return result
}

/** A transaction, or a savepoint in one. */
export class ScopeChannel implements Channel {
  readonly blocking = false
  readonly #scope: Scope

  get belongsTo(): Scope {
    return this.#scope.outermost
  }

  constructor(
    readonly core: Core,
    scope: Scope,
  ) {
    this.#scope = scope
  }

  send<T>(request: Request<T>): Promise<T> {
    this.#guard()
    return within(request.limits, stopper => sendIn(this.core, this.#scope, request, stopper))
  }

  batches(request: Request<Batch>): Batches {
    return new Batches(
      request,
      placeIn(this.core, this.#scope, () => this.#guard()),
    )
  }

  #guard(): void {
    if (this.#scope.ended) throw this.#scope.over()
    this.core.outside(this.#scope)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    this.#guard()
    onlyOutside(options)
    return within(limits, stopper => savepoint(this.core, this.#scope, work, stopper))
  }
}

/** While a savepoint runs, calls beside it would be part of it: they wait for their turn, and go before what waits behind them. */
export function sendIn<T>(core: Core, scope: Scope, request: Request<T>, stopper: Stopper | undefined): Promise<T> {
  const stoppers = stopper ? [...scope.stoppers, stopper] : scope.stoppers
  if (!scope.turn) return core.client.send(request, scope.session, stoppers)
  const kept = keep(request)
  return inTurn(scope, stoppers, () => core.client.send(kept, scope.session, stoppers))
}

/** Makes a call when no savepoint runs. */
function inTurn<T>(scope: Scope, stoppers: readonly Stopper[], call: () => Promise<T>): Promise<T> {
  if (!scope.turn) return call()
  const sent = unlessStopped(scope.turn, stoppers).then(() => {
    if (scope.ended) throw scope.over()
    return call()
  })
  return partOf(sent, scope.stoppers)
}

/** Where a stream reads that is in no transaction. */
export function snapshot(core: Core, streams: Set<Ends>, stoppers: readonly Stopper[], guard: () => void): AsyncPlace {
  return { ...core.snapshot(streams, guard), stoppers, run: call => call() }
}

/** Where a stream of a transaction reads. */
export function placeIn(core: Core, scope: Scope, guard: () => void): AsyncPlace {
  const { session, streams, stoppers } = scope
  const run = <T>(call: () => Promise<T>) => inTurn(scope, stoppers, call)
  return { client: core.client, session, own: false, streams, stoppers, guard, run }
}

/** Runs `work` in a savepoint, after those that were asked for before it. */
export function savepoint<T>(core: Core, scope: Scope, work: Work<T>, stopper: Stopper | undefined): Promise<T> {
  const before = scope.turn
  const inner = new Scope(scope.session, scope, stopper)
  const off = stopper?.on(error => inner.end(error))
  const mine = (async () => {
    if (before) await unlessStopped(before, inner.stoppers)
    if (inner.ended) throw inner.over()
    const n = core.savepoint()
    const control = (word: string) => core.client.control(scope.session, word, n)
    await control('savepoint')
    try {
      const result = await during(core, inner, work)
      inner.end()
      off?.()
      await control('release')
      return result
    } catch (error) {
      inner.end()
      off?.()
      // Where what is around it has ended, it was undone with that.
      if (!scope.ended) await control('undo').catch(() => {})
      throw error
    }
  })()
  // One that was stopped while it waited does not let others pass what it waited for.
  const turn = mine.then(
    () => before,
    () => before,
  )
  scope.turn = turn
  turn.then(() => {
    if (scope.turn === turn) scope.turn = undefined
  })
  return partOf(mine, scope.stoppers)
}

/** A view of another channel, with limits for every call. */
export class LimitedChannel implements Channel {
  readonly core: Core
  readonly blocking: boolean

  get belongsTo(): object | undefined {
    return this.inner.belongsTo
  }

  constructor(
    readonly inner: Channel,
    readonly limits: Limits,
  ) {
    this.core = inner.core
    this.blocking = inner.blocking
  }

  send<T>(request: Request<T>): Promise<T> | T {
    request.limits = both(request.limits, this.limits)
    return this.inner.send(request)
  }

  batches(request: Request<Batch>): Batches | BlockingBatches {
    request.limits = both(request.limits, this.limits)
    return this.inner.batches(request)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> | T {
    return this.inner.transaction(work, options, both(limits, this.limits))
  }
}
