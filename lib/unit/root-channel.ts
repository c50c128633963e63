/** Calls on the database itself: each stands alone. */

import type { Request } from '../bridge/request.js'
import { type Limits, type Stopper, within } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import { type Channel, snapshot, type Work } from './channel.js'
import type { Core } from './database-state.js'
import { attempts } from './retry.js'
import { type Batch, Batches } from './stream-batches.js'
import { Scope } from './transaction.js'
import { during } from './transaction-channel.js'
import { isolationOf } from './transaction-options.js'

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
