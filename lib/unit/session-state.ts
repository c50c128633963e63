/** The state of a session: its transaction, its streams, and how it ends. */

import { copyError, PlinthError, rethrow, withStackOfNow } from '../base/errors.js'
import { rejectLate } from '../base/stack.js'
import { checkAll, isStopped, type Stopper } from '../bridge/stopping.js'
import type { DatabaseState } from './database-state.js'
import { ended } from './refusals.js'
import type { Ends } from './stream-batches.js'
import { endAll, Transaction } from './transaction.js'

/** The state of a session, apart from its handle: it stays when the handle is garbage-collected, and can then be closed. */
export class SessionState {
  transaction: Transaction | undefined
  /** Whether a call was made in it since its last commit or rollback. */
  busy = false
  /** Whether something that was not committed has been lost with its end. */
  lost = false
  /** Streams that are open in it outside of its transaction. */
  readonly streams = new Set<Ends>()
  #begin: Promise<void> | undefined
  #open = false
  /** Whether it counts among those that a blocking write would wait for. */
  #writing = false
  #closing: Promise<void> | undefined
  /** What gives up the transactions that run in it. */
  readonly #given = new Set<(error: unknown) => void>()
  /** What limits it as a whole. */
  readonly stoppers: readonly Stopper[]

  constructor(
    readonly database: DatabaseState,
    stopper: Stopper | undefined,
  ) {
    this.stoppers = stopper ? [stopper] : []
    stopper?.on(error => {
      this.drop(error).catch(() => {})
    })
    database.sessions.add(this)
  }

  /** Throws after the end, and for a call from inside a transaction of the session: it would wait for itself. */
  guard(): void {
    checkAll(this.stoppers)
    if (this.#closing) throw ended('session')
    if (this.transaction) this.database.outside(this.transaction)
  }

  /** The transaction that is open; it begins now where none is. */
  begin(writes: boolean): Transaction {
    const transaction = this.transaction ?? this.#begun()
    if (writes && !this.#writing) {
      this.#writing = true
      this.database.writing(1)
    }
    return transaction
  }

  #begun(): Transaction {
    const { database } = this
    database.guard(this)
    const transaction = new Transaction(database.number(false), undefined, this.stoppers[0])
    this.transaction = transaction
    this.busy = true
    this.#begin = database.client.control(transaction.session, 'begin', 0, transaction.stoppers)
    this.#begin.then(
      () => {
        if (this.transaction === transaction) this.#open = true
      },
      () => {
        if (this.transaction !== transaction) return
        if (this.#writing) database.writing(-1)
        this.#over(transaction)
      },
    )
    return transaction
  }

  /** A call that was sent behind the begin: where that fails, so does the call, and for the same reason. */
  begun<T>(call: Promise<T>): Promise<T> {
    const begin = this.#begin
    if (this.#open || !begin) return call
    return call.catch(async error => {
      // What was stopped does not wait for what others wait for.
      if (!isStopped(error)) await begin.catch(rethrow)
      throw error
    })
  }

  #over(transaction: Transaction): void {
    transaction.end()
    this.transaction = undefined
    this.#begin = undefined
    this.#open = false
    this.#writing = false
    this.busy = false
  }

  async end(word: 'commit' | 'rollback'): Promise<void> {
    const { transaction } = this
    const freed = this.#free(ended('transaction'))
    if (transaction) {
      while (transaction.turn) await transaction.turn
      if (this.transaction === transaction) await this.#ended(transaction, word)
    } else this.busy = false
    await freed
  }

  /** Ends streams that are none of its transaction's. */
  #free(error: PlinthError): Promise<void> | undefined {
    return this.streams.size > 0 ? endAll(this.streams, error) : undefined
  }

  async #ended(transaction: Transaction, word: 'commit' | 'rollback'): Promise<void> {
    const { database } = this
    const begin = this.#begin
    const writing = this.#writing
    transaction.end()
    const failed = database.client.control(transaction.session, word).then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    this.#over(transaction)
    try {
      await begin?.catch(rethrow)
      const failure = await failed
      if (failure && (word === 'commit' || !isGone(failure.error))) rethrow(failure.error)
    } finally {
      if (writing) database.writing(-1)
    }
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      if (this.transaction) this.database.outside(this.transaction)
      this.#close(() => this.end('rollback'))
    }
    await this.#closing
  }

  /** Commits, and closes it: what is called on it from here on is refused. */
  async finish(): Promise<void> {
    this.#closing ??= this.end('commit')
    this.database.sessions.delete(this)
    await this.#closing
  }

  /** Closes the session at once, even while calls run in it. Those calls are refused, and its transactions reject with `reason`. */
  async drop(reason: unknown): Promise<void> {
    if (!this.#closing) {
      const { transaction } = this
      if (reason instanceof PlinthError) transaction?.end(reason)
      this.#close(async () => {
        const freed = this.#free(reason instanceof PlinthError ? copyError(reason) : ended('session'))
        if (transaction) await this.#ended(transaction, 'rollback')
        await freed
      })
    }
    for (const give of this.#given) give(reason)
    // What runs in it is of no use any more.
    if (reason instanceof PlinthError) for (const stopper of this.stoppers) stopper.stop(reason)
    await this.#closing
  }

  #close(rollback: () => Promise<void>): void {
    this.lost = this.transaction !== undefined
    this.busy = false
    // A begin that failed was answered to its caller already: then there is nothing to roll back.
    const failed = this.#begin?.then(
      () => false,
      () => true,
    )
    this.#closing = rollback().catch(async error => {
      if (!(await failed)) throw error
    })
    this.database.sessions.delete(this)
    for (const stopper of this.stoppers) stopper.end()
  }

  /** A transaction in it, which is waited for until it ends or is dropped: its function may never end. */
  untilDropped<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const give = (reason: unknown) => resolve(rejectLate(() => withStackOfNow(reason)))
      this.#given.add(give)
      work.finally(() => this.#given.delete(give)).then(resolve, reject)
    })
  }
}

/** Whether a transaction is gone with its connection: then it is rolled back already. */
export const isGone = (error: unknown) =>
  error instanceof PlinthError && (error.code === 'CONNECTION_LOST' || error.code === 'SESSION_ENDED')
