/** The rows of a stream as they cross, a batch at a time: what opens its cursor in the core, asks it, and always frees it. */

import { copyError, type PlinthError, rethrow } from '../base/errors.js'
import type { Client, TimeLimit } from '../bridge/client.js'
import type { Holding } from '../bridge/holding.js'
import { Head, ints } from '../bridge/memory.js'
import type { Request } from '../bridge/request.js'
import { Stopper } from '../bridge/stopping.js'

/** Some rows of a stream, and whether there may be more. */
export interface Batch {
  readonly rows: readonly unknown[]
  readonly open: boolean
  /** Tells of rows that were left out; it may throw. */
  tell?(): void
}

/** The rows of an answer as a batch. */
export const batchOf = (rows: readonly unknown[]): Batch => ({ rows, open: ints[Head.open] !== 0 })

/** A part of a transaction or database that ends with it. */
export interface Ends {
  end(error: PlinthError): unknown
  /** Resolves when it is over; undefined if it is. */
  working(): Promise<void> | undefined
}

/** The transaction that a stream reads in. */
export interface Place {
  readonly client: Client
  /** Its session; 0: none, the core keeps the rows. */
  readonly session: number
  /** Whether the session is the stream's own, which begins and ends with it. */
  readonly own: boolean
  /** Streams that end with it. */
  readonly streams: Set<Ends>
  /** Throws if nothing can be read any more. */
  guard(): void
}

/** The hold of a stream on the connection of its own session, as it is named to others that wait for one in vain. */
export interface Hold {
  /** Its beginning is sent. */
  begin(): void
  /** Its beginning was answered. */
  begun(): void
  end(): void
}

/** A place whose calls give promises. */
export interface AsyncPlace extends Place {
  /** Where the session is the stream's own. */
  readonly hold?: Hold | undefined
  /** The stoppers of everything that is done in it. */
  readonly stoppers: readonly Stopper[]
  /** Makes a call in its turn. */
  run<T>(call: () => Promise<T>): Promise<T>
}

/** A place whose calls block. */
export interface BlockingPlace extends Place {
  /** Makes a call; stopped after so many milliseconds, if there is a limit. */
  call<T>(call: (ms?: number) => T): T
  /** The limit of what ends it. */
  limit(): TimeLimit | undefined
}

const nothing = () => {}

/**
 * The common part of both ways to read: from the first batch to the last the stream is among those
 * of its place.
 */
abstract class Reading implements Ends {
  /** Why there is nothing to read any more, where its transaction or its database ended before it. */
  failure: PlinthError | undefined
  #state: 'new' | 'open' | 'over' = 'new'
  readonly #streams: Set<Ends>
  #ended: Promise<void> | undefined
  #tell: (() => void) | undefined

  constructor(place: Place) {
    this.#streams = place.streams
  }

  /** Whether there is no more to be asked for. */
  get over(): boolean {
    return this.#state === 'over'
  }

  /** Whether this is the first batch: then it is open now. */
  protected opens(): boolean {
    if (this.#state !== 'new') return false
    this.#state = 'open'
    this.#streams.add(this)
    return true
  }

  /** It is over; whether it was open until now. */
  protected closes(): boolean {
    const open = this.#state === 'open'
    this.#state = 'over'
    this.#streams.delete(this)
    this.#tell?.()
    return open
  }

  working(): Promise<void> | undefined {
    if (this.over) return undefined
    this.#ended ??= new Promise(resolve => {
      this.#tell = resolve
    })
    return this.#ended
  }

  abstract end(error: PlinthError): unknown
}

/** The batches of a stream, as its rows are read from them. */
export interface AsyncBatches {
  /** Why there is nothing to read any more, where its transaction or its database ended before it. */
  readonly failure: PlinthError | undefined
  /** Whether there is no more to be asked for. */
  readonly over: boolean
  /** The next rows; undefined when there are none. */
  next(): Promise<Batch | undefined>
  /** Frees what it holds; resolves when that is free. */
  close(): Promise<void>
}

/** The batches of a stream. */
export class Batches extends Reading implements AsyncBatches {
  readonly #request: Request<Batch>
  readonly #place: AsyncPlace
  /** Its own limits, which are those of all its batches together. */
  readonly #stopper: Stopper | undefined
  readonly #stoppers: readonly Stopper[]
  #closed: Promise<void> | undefined
  /** The transaction that it reads in. For that it runs until its reader has taken the last row. */
  #holding: Holding | undefined

  constructor(request: Request<Batch>, place: AsyncPlace) {
    super(place)
    this.#request = request
    this.#place = place
    this.#stopper = request.limits && new Stopper(request.limits, true)
    this.#stoppers = this.#stopper ? [...place.stoppers, this.#stopper] : place.stoppers
    this.#stopper?.on(error => {
      this.end(copyError(error))
    })
  }

  /** The next rows; undefined when there are none. */
  async next(): Promise<Batch | undefined> {
    if (this.failure) throw copyError(this.failure)
    if (this.over) return undefined
    this.#place.guard()
    try {
      const batch = await (this.opens() ? this.#first() : this.#further())
      if (this.failure) throw this.failure
      if (!batch.open) this.#done()
      return batch
    } catch (error) {
      this.#done()
      throw this.failure ? copyError(this.failure) : error
    }
  }

  async #first(): Promise<Batch> {
    const { client, session, own, run } = this.#place
    if (!own) {
      this.#holding = client.holdings.begins(session, undefined)
      return run(() => client.send(this.#request, session, this.#stoppers))
    }
    this.#place.hold?.begin()
    // They cross together. If the transaction cannot begin, the rest fails too, and for the same
    // reason.
    const begun = client.control(session, 'beginRead', 0, this.#stoppers)
    const first = client.send(this.#request, session, this.#stoppers)
    first.catch(nothing)
    await begun
    this.#place.hold?.begun()
    return first.catch(rethrow)
  }

  #further(): Promise<Batch> {
    const { client, session, run } = this.#place
    return run(() => client.control(session, 'fetch', this.#number, this.#stoppers, this.#request))
  }

  get #number(): number {
    return this.#request.stream?.number ?? 0
  }

  /** The core has closed it; a session of its own is still to be ended. */
  #done(): void {
    if (this.closes() && this.#place.own) this.#tell('rollback')
    // Its limit also ends the wait of a transaction for a reader that is slow to take the last rows.
    else if (!this.#holding) this.#stopper?.end()
  }

  #tell(word: string): void {
    const { client, hold, session } = this.#place
    // If it cannot be freed, it is free already, with its transaction or its connection.
    const told = client.control(session, word, this.#number, this.#stoppers).catch(nothing)
    this.#closed = told.finally(() => {
      this.#stopper?.end()
      hold?.end()
    })
  }

  /** Frees what it holds, within its limit; resolves when that is free. */
  async close(): Promise<void> {
    this.#holding?.ends()
    this.#holding = undefined
    if (this.closes()) this.#tell(this.#place.own ? 'rollback' : 'close')
    else if (!this.#closed) this.#stopper?.end()
    await this.#closed
  }

  /**
   * Its transaction or its database ends: a later read gets this error. Rows that have crossed are
   * still read.
   */
  end(error: PlinthError): Promise<void> {
    if (!this.over) this.failure ??= error
    return this.close()
  }
}

/** The batches of a stream, blocking. */
export class BlockingBatches extends Reading {
  readonly #request: Request<Batch>
  readonly #place: BlockingPlace

  constructor(request: Request<Batch>, place: BlockingPlace) {
    super(place)
    this.#request = request
    this.#place = place
  }

  /** The next rows; undefined when there are none. */
  next(): readonly unknown[] | undefined {
    if (this.failure) throw copyError(this.failure)
    if (this.over) return undefined
    this.#place.guard()
    const { client, session, own, call } = this.#place
    let batch: Batch
    try {
      const opens = this.opens()
      if (opens && own) call(ms => client.controlSync(session, 'beginRead', 0, ms))
      batch = opens
        ? call(ms => client.sendSync(this.#request, session, ms))
        : call(ms => client.controlSync(session, 'fetch', this.#number, ms, this.#request))
      if (!batch.open) this.#done()
    } catch (error) {
      this.#done()
      throw error
    }
    batch.tell?.()
    return batch.rows
  }

  get #number(): number {
    return this.#request.stream?.number ?? 0
  }

  #done(): void {
    if (this.closes() && this.#place.own) this.#tell('rollback')
  }

  #tell(word: string): void {
    const { client, limit, session } = this.#place
    try {
      client.endSync(session, word, this.#number, limit())
    } catch {
      // A stream that could not be freed is free already: with its transaction, or its connection.
    }
  }

  /** Frees what it holds. */
  close(): void {
    if (this.closes()) this.#tell(this.#place.own ? 'rollback' : 'close')
  }

  /** Its transaction or its database ends: a later read gets this error. */
  end(error: PlinthError): void {
    this.failure ??= error
    this.close()
  }
}
