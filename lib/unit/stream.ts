/**
 * The result of stream(): rows one by one, from batches that are fetched as they are needed, one
 * ahead at most.
 */

import { copyError, PlinthError, rethrow } from '../base/errors.js'
import type { AsyncBatches, Batch, BlockingBatches } from './stream-batches.js'

/** A stream whose iterator was garbage-collected can be ended by this registry only. */
const forgotten = new FinalizationRegistry<AsyncBatches | BlockingBatches>(batches => {
  batches.close()
})

/** The rows of a call, to be iterated once. */
abstract class Once<B extends AsyncBatches | BlockingBatches, I extends object> {
  readonly #batches: () => B
  readonly #name: string
  #taken = false

  /** @param name the call, for errors  @param batches where the rows come from; asked when they are iterated */
  constructor(name: string, batches: () => B) {
    this.#name = name
    this.#batches = batches
  }

  protected iterator(make: (batches: B) => I): I {
    if (this.#taken) {
      throw new PlinthError('QUERY_INVALID', `${this.#name}: a stream can be iterated only once.`, {
        hint: 'Call stream() again, or use list() for rows that are needed more than once.',
      })
    }
    this.#taken = true
    const batches = this.#batches()
    const iterator = make(batches)
    forgotten.register(iterator, batches)
    return iterator
  }
}

/** The rows of a stream. */
export class Stream extends Once<AsyncBatches, AsyncIterator<unknown>> implements AsyncIterable<unknown> {
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this.iterator(batches => new Rows(batches))
  }
}

/** The rows of a stream, blocking. */
export class BlockingStream extends Once<BlockingBatches, Iterator<unknown>> implements Iterable<unknown> {
  [Symbol.iterator](): Iterator<unknown> {
    return this.iterator(blockingRows)
  }
}

type Result = IteratorResult<unknown, unknown>

const DONE: Result = { value: undefined, done: true }

/**
 * Iterates: a row that has arrived costs one promise, and no more. Calls that overlap are answered
 * in their order.
 */
class Rows implements AsyncIterator<unknown> {
  readonly #batches: AsyncBatches
  #rows: readonly unknown[] = []
  #at = 0
  /** The batch behind the one that is being given out. */
  #ahead: Promise<Batch | undefined> | undefined
  /** The last call that is not answered yet; others wait for it. */
  #last: Promise<unknown> | undefined
  #over = false

  constructor(batches: AsyncBatches) {
    this.#batches = batches
  }

  next(): Promise<Result> {
    const here = this.#at < this.#rows.length && this.#last === undefined && this.#batches.failure === undefined
    return here ? Promise.resolve(this.#take()) : this.#inTurn(() => this.#more())
  }

  return(value?: unknown): Promise<Result> {
    return this.#inTurn(async () => {
      await this.#end()
      return { value: await value, done: true }
    })
  }

  throw(error?: unknown): Promise<Result> {
    return this.#inTurn(async () => {
      await this.#end()
      throw error
    })
  }

  #inTurn(work: () => Promise<Result>): Promise<Result> {
    const answered = async () => {
      try {
        return await work()
      } finally {
        if (this.#last === mine) this.#last = undefined
      }
    }
    const mine: Promise<Result> = this.#last?.then(answered, answered) ?? answered()
    this.#last = mine
    return mine
  }

  #take(): Result {
    const value = this.#rows[this.#at++]
    // A loop that takes a second row takes more: the next batch comes while this one is used.
    if (this.#at === 2 && !this.#batches.over) {
      this.#ahead = this.#batches.next()
      this.#ahead.catch(() => {})
    }
    return { value, done: false }
  }

  async #more(): Promise<Result> {
    try {
      for (;;) {
        if (this.#over) return DONE
        if (this.#batches.failure) throw copyError(this.#batches.failure)
        if (this.#at < this.#rows.length) return this.#take()
        const next = this.#ahead?.catch(rethrow) ?? this.#batches.next()
        this.#ahead = undefined
        const batch = await next
        if (batch === undefined) {
          await this.#end()
          return DONE
        }
        // The stream may still be open in the core: what this throws closes it.
        batch.tell?.()
        this.#rows = batch.rows
        this.#at = 0
      }
    } catch (error) {
      await this.#end()
      throw error
    }
  }

  #end(): Promise<void> {
    this.#over = true
    this.#rows = []
    return this.#batches.close()
  }
}

function* blockingRows(batches: BlockingBatches): Generator<unknown, undefined> {
  try {
    for (let rows = batches.next(); rows; rows = batches.next()) {
      for (const row of rows) {
        if (batches.failure) throw copyError(batches.failure)
        yield row
      }
    }
  } finally {
    batches.close()
  }
}
