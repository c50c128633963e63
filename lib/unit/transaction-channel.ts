/** Calls in a transaction or a savepoint: while a savepoint runs, those beside it wait for their turn. */

import { keep } from '../bridge/frozen-request.js'
import type { Request } from '../bridge/request.js'
import { type Limits, partOf, type Stopper, unlessStopped, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import type { Channel, Work } from './channel.js'
import type { Core } from './database-state.js'
import { type AsyncPlace, type Batch, Batches } from './stream-batches.js'
import { Scope } from './transaction.js'
import { onlyOutside } from './transaction-options.js'

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

/** Runs the function of a transaction and what it began, until it is stopped: then it may hang as it likes. */
export async function during<T>(core: Core, scope: Scope, work: Work<T>): Promise<T> {
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
