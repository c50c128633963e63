/** The state of a session: its transaction, its streams, and how it ends. */

import { PlinthError } from '../base/errors.js'
import { again, checkAll, isStopped, type Stopper } from '../bridge/stopping.js'
import type { Core } from './database-state.js'
import { ended } from './refusals.js'
import type { Ends } from './stream-batches.js'
import { endAll, Scope } from './transaction.js'

/** What a session is while it lasts, apart from what its user holds: so that it can be closed when nobody holds that any more. */
export class Unit {
  scope: Scope | undefined
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
    readonly core: Core,
    stopper: Stopper | undefined,
  ) {
    this.stoppers = stopper ? [stopper] : []
    stopper?.on(error => {
      this.drop(error).catch(() => {})
    })
    core.sessions.add(this)
  }

  /** Throws after the end, and for a call from inside a transaction of the session: it would wait for itself. */
  guard(): void {
    checkAll(this.stoppers)
    if (this.#closing) throw ended('session')
    if (this.scope) this.core.outside(this.scope)
  }

  /** The transaction that is open; it begins now where none is. */
  begin(writes: boolean): Scope {
    const scope = this.scope ?? this.#begun()
    if (writes && !this.#writing) {
      this.#writing = true
      this.core.writing(1)
    }
    return scope
  }

  #begun(): Scope {
    const { core } = this
    core.guard(this)
    const scope = new Scope(core.number(false), undefined, this.stoppers[0])
    this.scope = scope
    this.busy = true
    this.#begin = core.client.control(scope.session, 'begin', 0, scope.stoppers)
    this.#begin.then(
      () => {
        if (this.scope === scope) this.#open = true
      },
      () => {
        if (this.scope !== scope) return
        if (this.#writing) core.writing(-1)
        this.#over(scope)
      },
    )
    return scope
  }

  /** A call that was sent behind the begin: where that fails, so does the call, and for the same reason. */
  begun<T>(call: Promise<T>): Promise<T> {
    const begin = this.#begin
    if (this.#open || !begin) return call
    return call.catch(async error => {
      // What was stopped does not wait for what others wait for.
      if (!isStopped(error)) await begin
      throw error
    })
  }

  #over(scope: Scope): void {
    scope.end()
    this.scope = undefined
    this.#begin = undefined
    this.#open = false
    this.#writing = false
    this.busy = false
  }

  async end(word: 'commit' | 'rollback'): Promise<void> {
    const { scope } = this
    const freed = this.#free(ended('transaction'))
    if (scope) {
      while (scope.turn) await scope.turn
      if (this.scope === scope) await this.#ended(scope, word)
    } else this.busy = false
    await freed
  }

  /** Ends streams that are none of its transaction's. */
  #free(error: PlinthError): Promise<void> | undefined {
    return this.streams.size > 0 ? endAll(this.streams, error) : undefined
  }

  async #ended(scope: Scope, word: 'commit' | 'rollback'): Promise<void> {
    const { core } = this
    const begin = this.#begin
    const writing = this.#writing
    scope.end()
    const done = core.client.control(scope.session, word).catch(error => {
      if (word === 'commit' || !isGone(error)) throw error
    })
    this.#over(scope)
    done.catch(() => {})
    try {
      await begin
      await done
    } finally {
      if (writing) core.writing(-1)
    }
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      if (this.scope) this.core.outside(this.scope)
      this.#close(() => this.end('rollback'))
    }
    await this.#closing
  }

  /** Commits, and closes it: what is called on it from here on is refused. */
  async finish(): Promise<void> {
    this.#closing ??= this.end('commit')
    this.core.sessions.delete(this)
    await this.#closing
  }

  /** Closes it at once, whoever asks and whatever runs in it: what was begun in it is refused, and its transactions reject with `reason`. */
  async drop(reason: unknown): Promise<void> {
    if (!this.#closing) {
      const { scope } = this
      if (reason instanceof PlinthError) scope?.end(reason)
      this.#close(async () => {
        const freed = this.#free(reason instanceof PlinthError ? again(reason) : ended('session'))
        if (scope) await this.#ended(scope, 'rollback')
        await freed
      })
    }
    for (const give of this.#given) give(reason)
    // What runs in it is of no use any more.
    if (reason instanceof PlinthError) for (const stopper of this.stoppers) stopper.stop(reason)
    await this.#closing
  }

  #close(rollback: () => Promise<void>): void {
    this.lost = this.scope !== undefined
    this.busy = false
    // A begin that failed was answered to its caller already: then there is nothing to roll back.
    const failed = this.#begin?.then(
      () => false,
      () => true,
    )
    this.#closing = rollback().catch(async error => {
      if (!(await failed)) throw error
    })
    this.core.sessions.delete(this)
    for (const stopper of this.stoppers) stopper.end()
  }

  /** A transaction in it, which is waited for until it ends or is dropped: its function may never end. */
  untilDropped<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#given.add(reject)
      work.then(resolve, reject).finally(() => this.#given.delete(reject))
    })
  }
}

/** Whether a transaction is gone with its connection: then it is rolled back already. */
export const isGone = (error: unknown) =>
  error instanceof PlinthError && (error.code === 'CONNECTION_LOST' || error.code === 'SESSION_ENDED')
