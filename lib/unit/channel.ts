/** Channels: where a table sends its calls, whether they stand alone, belong to a transaction or a session, or block. */

import type { Request } from '../bridge/request.js'
import { both, type Limits, type Stopper } from '../bridge/stopping.js'
import type { TransactionOptions } from '../types/index.js'
import type { DatabaseState } from './database-state.js'
import type { AsyncBatches, AsyncPlace, Batch, BlockingBatches, Ends } from './stream-batches.js'
import type { Transaction } from './transaction.js'

/** Work that runs in a transaction, on the channel of its calls. */
export type Work<T> = (channel: Channel) => Promise<T> | T

/** Where a table sends its calls. `send` gives a promise, or, where calls block, the result itself. */
export interface Channel {
  readonly database: DatabaseState
  readonly blocking: boolean
  /** The transaction or session that calls on it belong to; none if each stands alone. */
  readonly belongsTo?: object | undefined
  /** The transaction or savepoint that is open for its calls; undefined if each call stands alone. */
  readonly unit?: Transaction | undefined
  send<T>(request: Request<T>): Promise<T> | T
  /** Reads the rows of a request a batch at a time. */
  batches(request: Request<Batch>): AsyncBatches | BlockingBatches
  /** All of `work` or nothing. */
  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> | T
}

/** Where a stream reads that is in no transaction. */
export function snapshot(
  database: DatabaseState,
  streams: Set<Ends>,
  stoppers: readonly Stopper[],
  guard: () => void,
): AsyncPlace {
  const place = database.snapshot(streams, guard)
  return {
    ...place,
    stoppers,
    hold: place.own ? database.holdOf(place.session, 'stream()') : undefined,
    run: call => call(),
  }
}

/** A view of another channel, with limits for every call. */
export class LimitedChannel implements Channel {
  readonly database: DatabaseState
  readonly blocking: boolean

  get belongsTo(): object | undefined {
    return this.inner.belongsTo
  }

  get unit(): Transaction | undefined {
    return this.inner.unit
  }

  constructor(
    readonly inner: Channel,
    readonly limits: Limits,
  ) {
    this.database = inner.database
    this.blocking = inner.blocking
  }

  send<T>(request: Request<T>): Promise<T> | T {
    request.limits = both(request.limits, this.limits)
    return this.inner.send(request)
  }

  batches(request: Request<Batch>): AsyncBatches | BlockingBatches {
    request.limits = both(request.limits, this.limits)
    return this.inner.batches(request)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions, limits?: Limits): Promise<T> | T {
    return this.inner.transaction(work, options, both(limits, this.limits))
  }
}
