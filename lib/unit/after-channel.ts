/** A channel whose calls wait until a scope is settled: those of work that was handed to `db.afterScope`. */

import type { PlinthError } from '../base/errors.js'
import { keep } from '../bridge/frozen-request.js'
import type { Request } from '../bridge/request.js'
import type { Limits } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import type { Channel, Work } from './channel.js'
import type { DatabaseState } from './database-state.js'
import { callAfter } from './settled.js'
import type { AsyncBatches, Batch } from './stream-batches.js'
import type { Transaction } from './transaction.js'

/** The asynchronous calls of a channel. */
export interface AsyncChannel extends Channel {
  send<T>(request: Request<T>): Promise<T>
  batches(request: Request<Batch>): AsyncBatches
  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T>
}

/** Another channel, whose calls are made when `settled` resolves; they reject with its error. */
export class AfterChannel implements AsyncChannel {
  readonly blocking = false
  readonly database: DatabaseState

  constructor(
    readonly inner: AsyncChannel,
    readonly settled: Promise<void>,
  ) {
    this.database = inner.database
  }

  get belongsTo(): object | undefined {
    return this.inner.belongsTo
  }

  get unit(): Transaction | undefined {
    return this.inner.unit
  }

  send<T>(request: Request<T>): Promise<T> {
    const kept = keep(request)
    return callAfter(this.settled, request.limits, limits => this.inner.send({ ...kept, limits }))
  }

  batches(request: Request<Batch>): AsyncBatches {
    const kept = keep(request)
    const begin = async (limits: Limits | undefined) => this.inner.batches({ ...kept, limits })
    return new LateBatches(() => callAfter(this.settled, request.limits, begin))
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> {
    return callAfter(this.settled, limits, left => this.inner.transaction(work, options, left))
  }
}

/** The batches of a stream that begins later. */
class LateBatches implements AsyncBatches {
  readonly #begin: () => Promise<AsyncBatches>
  #batches: AsyncBatches | undefined
  #closed = false

  constructor(begin: () => Promise<AsyncBatches>) {
    this.#begin = begin
  }

  get failure(): PlinthError | undefined {
    return this.#batches?.failure
  }

  get over(): boolean {
    return this.#closed || this.#batches?.over === true
  }

  async next(): Promise<Batch | undefined> {
    this.#batches ??= await this.#begin()
    return this.#closed ? undefined : this.#batches.next()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#batches?.close()
  }
}
