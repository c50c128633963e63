/** The state of a session as one union, its transitions, its streams, and how it ends. */

import { copyError, PlinthError, rethrow, withStackOfNow } from '../base/errors.js'
import { rejectLate } from '../base/stack.js'
import { checkAll, isStopped, LONGEST, NONE, Stopper } from '../bridge/stopping.js'
import type { DatabaseState } from './database-state.js'
import { describeCall, Holder } from './holder.js'
import { ended, idled } from './refusals.js'
import type { Ends } from './stream-batches.js'
import { endAll, Transaction } from './transaction.js'
import { isolationOf, type SessionSettings } from './transaction-options.js'

/** No transaction is open. `busy`: a call was made since the last commit or rollback. */
interface Idle {
  readonly is: 'idle'
  readonly busy: boolean
}

/** A transaction is open, from when its BEGIN is sent until its COMMIT or ROLLBACK is sent. */
interface Begun {
  readonly is: 'beginning' | 'inTransaction'
  readonly transaction: Transaction
  readonly begin: Promise<void>
  readonly holder: Holder
  /** Whether the transaction counts among those that a blocking write would wait for. */
  readonly writes: boolean
}

/** The session takes no more calls. */
interface Closing {
  readonly is: 'closing'
  /** The transaction that is still open, since a savepoint in it has not ended. */
  readonly begun: Begun | undefined
  /** Whether something that was not committed is lost. */
  readonly lost: boolean
  /** Why the session was dropped, if not by its user. */
  readonly reason: PlinthError | undefined
  readonly closed: Promise<void>
}

const IDLE: Idle = { is: 'idle', busy: false }
const BUSY: Idle = { is: 'idle', busy: true }

/** The state of a session, apart from its handle: it stays when the handle is garbage-collected, and can then be closed. */
export class SessionState {
  #state: Idle | Begun | Closing = IDLE
  /** Whether it takes no calls for now, as if it had ended: see RequestScope.pause. */
  paused = false
  /** Streams that are open in the session outside of its transaction. */
  readonly streams = new Set<Ends>()
  /** Functions that give up the transactions that run in the session. */
  readonly #given = new Set<(error: unknown) => void>()
  /** The limits of the session as a whole. */
  readonly stoppers: readonly Stopper[]

  constructor(
    readonly database: DatabaseState,
    readonly settings: SessionSettings,
  ) {
    const stopper = settings.stopper ?? stopperOf(settings)
    this.stoppers = stopper ? [stopper] : []
    stopper?.on(error => {
      this.drop(error).catch(() => {})
    })
    database.sessions.add(this)
  }

  /** Closes the session when this is garbage-collected. */
  closeWithout(handle: object): void {
    forgotten.register(handle, this, this)
  }

  get transaction(): Transaction | undefined {
    return this.#begun?.transaction
  }

  /** Resolves when a transaction or a stream in it is over; undefined if there is none. */
  working(): Promise<void> | undefined {
    for (const each of [this.transaction, ...this.streams]) {
      const work = each?.working()
      if (work) return work
    }
    return undefined
  }

  /** Whether a call was made in the session since its last commit or rollback. */
  get busy(): boolean {
    if (this.paused) return false
    const state = this.#state
    if (state.is === 'idle') return state.busy
    // A transaction that is committed at the end of the session counts until its COMMIT is sent; one that was taken from its user, further.
    return state.is !== 'closing' || (state.lost ? state.reason !== undefined : state.begun !== undefined)
  }

  /** Whether something that was not committed has been lost with the end of the session. */
  get lost(): boolean {
    return this.#state.is === 'closing' && this.#state.lost
  }

  /** The reason of its loss: the error for a caller that wanted to commit it. */
  get whyLost(): PlinthError {
    const reason = this.#state.is === 'closing' ? this.#state.reason : undefined
    return reason ? copyError(reason) : ended('session')
  }

  /**
   * Whether reads need no transaction: each statement sees what was committed before it, as in one.
   * Undefined while no connection has reported the isolation of its transactions.
   */
  get readsAlone(): boolean | undefined {
    const isolation = this.settings.isolation ?? this.database.isolation
    if (isolation !== undefined) return isolation === 'read committed'
    return this.database.readsCommitted
  }

  get #begun(): Begun | undefined {
    const state = this.#state
    if (state.is === 'idle') return undefined
    return state.is === 'closing' ? state.begun : state
  }

  get #closed(): Promise<void> | undefined {
    return this.#state.is === 'closing' ? this.#state.closed : undefined
  }

  // The transitions: nothing else sets the state.

  /** A call is made outside of a transaction. */
  markBusy(): void {
    if (this.#state.is === 'idle') this.#state = BUSY
  }

  #markDone(): void {
    if (this.#state.is === 'idle') this.#state = IDLE
  }

  /** The transaction begins, goes on in another way, or is over (undefined). A session that is closing stays so. */
  #setBegun(begun: Begun | undefined): void {
    const state = this.#state
    this.#state = state.is === 'closing' ? { ...state, begun } : (begun ?? IDLE)
  }

  #setClosing(lost: boolean, closed: Promise<void>, reason?: PlinthError): void {
    this.#state = { is: 'closing', begun: this.#begun, lost, reason, closed }
    // A promise may keep the scope that it was made in, and that its session: registered, the state would keep both for ever.
    forgotten.unregister(this)
  }

  /** Throws after the end, and for a call from inside a transaction of the session: it would wait for itself. */
  guard(): void {
    checkAll(this.stoppers)
    if (this.#state.is === 'closing' || this.paused) throw ended('session')
    if (this.transaction) this.database.outside(this.transaction)
  }

  /** The transaction that is open; it begins now if there is none. */
  begin(writes: boolean): Transaction {
    const begun = this.#begun ?? this.#beginTransaction()
    // On SQLite every transaction of a session holds the lock from its BEGIN.
    if ((writes || this.database.dialect === 'sqlite') && !begun.writes) {
      this.#setBegun({ ...begun, writes: true })
      this.database.writing(1)
    }
    return begun.transaction
  }

  #beginTransaction(): Begun {
    const { database } = this
    database.guard(this)
    const transaction = new Transaction(database.number(false), undefined, this.stoppers[0])
    transaction.isolation = this.settings.isolation ?? this.database.isolation
    transaction.reads = this.settings.reads
    const { session, stoppers } = transaction
    const holder = new Holder(this.settings.owner)
    database.hold(session, holder)
    const begin = database.client.control(session, 'begin', isolationOf(this.settings, database.isolation), stoppers)
    const beginning: Begun = { is: 'beginning', transaction, begin, holder, writes: false }
    this.#setBegun(beginning)
    /** The state of this transaction now, unless it is over. */
    const current = () => (this.transaction === transaction ? this.#begun : undefined)
    begin.then(
      () => {
        const begun = current()
        if (!begun) return
        this.#setBegun({ ...begun, is: 'inTransaction' })
        this.#watchIdling(holder)
      },
      () => {
        database.release(session, holder)
        const begun = current()
        if (!begun) return
        if (begun.writes) database.writing(-1)
        this.#endTransaction(transaction)
      },
    )
    return beginning
  }

  /** The transaction is open: what idles in it for too long is rolled back, and reported before that. */
  #watchIdling(holder: Holder): void {
    holder.begun()
    const { idleTimeout } = this.settings
    const { idles } = this.database
    if (idles) holder.whenIdle(idles.afterMs, () => idles.warn(holder.owner, holder.last && describeCall(holder.last)))
    if (idleTimeout === undefined || idleTimeout > LONGEST) return
    const late = () => {
      this.drop(idled(idleTimeout)).catch(() => {})
    }
    holder.whenIdle(idleTimeout, late, this.settings.awaited)
  }

  /** A call that was sent behind the BEGIN: if that fails, so does the call, and for the same reason. */
  afterBegin<T>(call: Promise<T>): Promise<T> {
    const begun = this.#begun
    if (begun?.is !== 'beginning') return call
    return call.catch(async error => {
      // What was stopped does not wait for what others wait for.
      if (!isStopped(error)) await begun.begin.catch(rethrow)
      throw error
    })
  }

  #endTransaction(transaction: Transaction): void {
    transaction.end()
    this.#setBegun(undefined)
  }

  async end(word: 'commit' | 'rollback'): Promise<void> {
    const { transaction } = this
    const freed = this.#endStreams(ended('transaction'))
    if (transaction) {
      while (transaction.turn) await transaction.turn
      // It may have been given up meanwhile.
      const lost = word === 'commit' && this.lost
      const { reads } = this.settings
      if (this.transaction === transaction) {
        await this.#settle(lost ? 'rollback' : word).catch(error => {
          // The function may catch this, and fail for a reason that passes: another attempt could commit twice.
          if (reads && error instanceof PlinthError && error.mayHaveCommitted) reads.committed = true
          throw error
        })
      }
      if (reads && word === 'commit' && !lost) reads.committed = true
      if (lost) throw this.whyLost
    } else this.#markDone()
    await freed
  }

  /** Ends streams that are not of the transaction. */
  #endStreams(error: PlinthError): Promise<void> | undefined {
    return this.streams.size > 0 ? endAll(this.streams, error) : undefined
  }

  /** Commits or rolls back the transaction that is open. */
  async #settle(word: 'commit' | 'rollback'): Promise<void> {
    const begun = this.#begun
    if (!begun) return
    const { database } = this
    const { transaction, begin, holder, writes } = begun
    transaction.end()
    const { session, stoppers } = transaction
    const control = async (word: string) => database.client.control(session, word, 0, stoppers)
    const failed = control(word).then(
      () => undefined,
      async (error: unknown) => {
        // One that was stopped before it was sent has ended nothing.
        if (isStopped(error)) await control('rollback').catch(() => {})
        return { error }
      },
    )
    this.#endTransaction(transaction)
    try {
      await begin.catch(rethrow)
      const failure = await failed
      if (failure && (word === 'commit' || !isGone(failure.error))) rethrow(failure.error)
      if (word === 'commit') transaction.commit()
    } finally {
      database.release(transaction.session, holder)
      if (writes) database.writing(-1)
    }
  }

  async close(): Promise<void> {
    // The scope commits or rolls back the changes of a paused session.
    if (this.paused) return
    if (!this.#closed) {
      if (this.transaction) this.database.outside(this.transaction)
      this.#close(() => this.end('rollback'))
    }
    await this.#closed
  }

  /** Commits, and closes the session: calls on it are refused from here on. */
  async finish(): Promise<void> {
    if (!this.#closed) this.#setClosing(false, this.end('commit'))
    this.database.sessions.delete(this)
    await this.#closed
  }

  /** Closes the session at once, even while calls run in it. Those calls are refused, and its transactions reject with `reason`. */
  async drop(reason: unknown): Promise<void> {
    if (!this.#closed) {
      const { transaction } = this
      if (reason instanceof PlinthError) transaction?.end(reason)
      this.#close(async () => {
        const freed = this.#endStreams(reason instanceof PlinthError ? copyError(reason) : ended('session'))
        await this.#settle('rollback')
        await freed
      }, reason)
    } else if (reason instanceof PlinthError) this.#giveUp(reason)
    for (const give of this.#given) give(reason)
    // Calls that still run in the session are of no use any more.
    if (reason instanceof PlinthError) for (const stopper of this.stoppers) stopper.stop(reason)
    await this.#closed
  }

  /** A session that waits for a savepoint before its COMMIT is not committed any more. */
  #giveUp(reason: PlinthError): void {
    const state = this.#state
    if (state.is !== 'closing' || !state.begun || state.lost) return
    state.begun.transaction.end(reason)
    this.#state = { ...state, lost: true, reason }
  }

  #close(rollback: () => Promise<void>, reason?: unknown): void {
    const begun = this.#begun
    // A begin that failed was answered to its caller already: then there is nothing to roll back.
    const failed = begun?.begin.then(
      () => false,
      () => true,
    )
    const closed = rollback().catch(async error => {
      if (!(await failed)) throw error
    })
    this.#setClosing(begun !== undefined, closed, reason instanceof PlinthError ? reason : undefined)
    this.database.sessions.delete(this)
    // The rollback, too, is within its limit.
    const over = () => {
      for (const stopper of this.stoppers) stopper.end()
    }
    closed.then(over, over)
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

/** Closes sessions whose handle was garbage-collected: an open one would keep other writers waiting. */
const forgotten = new FinalizationRegistry<SessionState>(state => {
  state.close().catch(() => {})
})

/**
 * The stopper of a session that has a limit. Calls that come after an idle timeout learn of it
 * there.
 */
function stopperOf({ timeout, idleTimeout }: SessionSettings): Stopper | undefined {
  if (timeout === undefined) return idleTimeout === undefined ? undefined : new Stopper(NONE)
  return new Stopper({ ...NONE, timeout }, true)
}

/** Whether a transaction is gone with its connection: then it is rolled back already. */
export const isGone = (error: unknown) =>
  error instanceof PlinthError && (error.code === 'CONNECTION_LOST' || error.code === 'SESSION_ENDED')
