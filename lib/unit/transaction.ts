/** The state of a transaction or a savepoint: its parent, what ends it, and the streams that end with it. */

import { copyError, PlinthError } from '../base/errors.js'
import type { Stopper } from '../bridge/stopping.js'
import { ended } from './refusals.js'
import type { Ends } from './stream-batches.js'

/** How many events of a transaction wait for its commit. */
export const MOST_EVENTS = 10_000

/** Called after the commit of a transaction, or if too many of them wait for it. */
export interface CommitListener {
  committed(): void
  dropped(): void
}

/** A transaction, or a savepoint in one, as long as its function runs. */
export class Transaction {
  /** `ended` by itself, or stopped for a reason, which a transaction that has ended may still be given. Only end() sets it. */
  #state: 'running' | 'ended' | PlinthError = 'running'
  /** The stoppers of the transaction and of its surroundings. */
  readonly stoppers: readonly Stopper[]
  #streams: Set<Ends> | undefined
  #over: Promise<void> | undefined
  #tell: (() => void) | undefined
  #listeners: CommitListener[] | undefined
  #committed = false
  /** Settles when the savepoints that are running in it have ended; calls on it wait for that. */
  turn: Promise<unknown> | undefined

  constructor(
    /** The number of its session. */
    readonly session: number,
    readonly parent: Transaction | undefined,
    stopper?: Stopper,
  ) {
    const outer = parent?.stoppers ?? []
    if (stopper) stopper.whole = true
    this.stoppers = stopper ? [...outer, stopper] : outer
  }

  /** Whether it is over: by itself, or with one that it runs in. */
  get ended(): boolean {
    return this.#state !== 'running' || this.parent?.ended === true
  }

  /** Streams that are open in it. */
  get streams(): Set<Ends> {
    this.#streams ??= new Set()
    return this.#streams
  }

  /**
   * Marks the transaction as ended and closes its streams: call it before COMMIT or ROLLBACK is
   * sent. If it was stopped, for this reason.
   */
  end(reason?: PlinthError): void {
    if (!(this.#state instanceof PlinthError)) this.#state = reason ?? 'ended'
    this.#tell?.()
    if (this.#streams) endAll(this.#streams, this.over())
  }

  /** Calls the listener after the commit that holds the writes so far; never if these are undone. */
  afterCommit(listener: CommitListener): void {
    // An answer may be read after that of the commit.
    if (this.#committed) this.parent ? this.parent.afterCommit(listener) : listener.committed()
    else {
      this.#listeners ??= []
      if (this.#listeners.length < MOST_EVENTS) this.#listeners.push(listener)
      else listener.dropped()
    }
  }

  /** The database has committed it. The writes of a savepoint are now part of the transaction around it. */
  commit(): void {
    this.#committed = true
    for (const listener of this.#listeners ?? []) this.afterCommit(listener)
    this.#listeners = undefined
  }

  /** Resolves when it is over; undefined if it is. */
  working(): Promise<void> | undefined {
    if (this.#state !== 'running') return undefined
    this.#over ??= new Promise(resolve => {
      this.#tell = resolve
    })
    return this.#over
  }

  /** The error for a call after its end. */
  over(): PlinthError {
    for (let transaction: Transaction | undefined = this; transaction; transaction = transaction.parent) {
      if (transaction.#state instanceof PlinthError) return copyError(transaction.#state)
    }
    return ended('transaction')
  }

  /** The transaction that it is part of. */
  get outermost(): Transaction {
    return this.parent?.outermost ?? this
  }

  /** Whether it runs in another, at any depth. */
  inside(outer: Transaction): boolean {
    for (let transaction = this.parent; transaction; transaction = transaction.parent)
      if (transaction === outer) return true
    return false
  }
}

/** Ends streams; resolves when what they held is free. */
export async function endAll(streams: Set<Ends>, error: PlinthError): Promise<void> {
  await Promise.allSettled([...streams].map(stream => stream.end(error)))
}
