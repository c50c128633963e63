/** The ways a call can go: on the database itself, in a transaction, in a session, or blocking. Tables do not know which. */

import type { Request } from './client.js'
import { type Core, ended, Scope } from './core.js'
import { PlinthError } from './errors.js'
import type { TransactionOptions } from './types/index.js'

/** Where a table sends its calls. `send` gives a promise, or, where calls block, the result itself. */
export interface Channel {
  readonly core: Core
  readonly blocking: boolean
  send<T>(request: Request<T>): Promise<T> | T
  /** All of `work` or nothing. */
  transaction<T>(work: (channel: Channel) => Promise<T> | T, options?: TransactionOptions): Promise<T> | T
}

/** The database itself: each call stands alone. */
export class RootChannel implements Channel {
  readonly blocking = false
  constructor(readonly core: Core) {}

  send<T>(request: Request<T>): Promise<T> {
    this.core.guard()
    return request.point ? this.core.client.sendPoint(request) : this.core.client.send(request, 0)
  }

  transaction<T>(work: (channel: Channel) => Promise<T> | T, options?: TransactionOptions): Promise<T> {
    this.core.guard()
    return this.core.track(this.#transaction(work, options?.readOnly === true))
  }

  async #transaction<T>(work: (channel: Channel) => Promise<T> | T, readOnly: boolean): Promise<T> {
    const { core } = this
    const scope = new Scope(core.number(readOnly), undefined)
    const control = (word: string) => core.client.control(scope.session, word)
    if (!readOnly) core.writing(1)
    try {
      await control(readOnly ? 'beginRead' : 'begin')
      let result: T
      try {
        result = await core.running.run(scope, () => work(new ScopeChannel(core, scope)))
        while (scope.turn) await scope.turn
      } catch (error) {
        scope.ended = true
        // The reason for the rollback is what the caller must learn; if it fails too, the connection rolls back on its own.
        await control('rollback').catch(() => {})
        throw error
      }
      scope.ended = true
      await control('commit')
      return result
    } finally {
      scope.ended = true
      if (!readOnly) core.writing(-1)
    }
  }
}

/** A transaction, or a savepoint in one. */
export class ScopeChannel implements Channel {
  readonly blocking = false
  readonly #scope: Scope

  constructor(
    readonly core: Core,
    scope: Scope,
  ) {
    this.#scope = scope
  }

  send<T>(request: Request<T>): Promise<T> {
    const scope = this.#scope
    if (scope.ended) throw ended('transaction')
    this.core.outside(scope)
    // While a savepoint runs, calls beside it would be part of it: they wait.
    if (scope.turn) return scope.turn.then(() => this.send(request))
    return this.core.client.send(request, scope.session)
  }

  transaction<T>(work: (channel: Channel) => Promise<T> | T, options?: TransactionOptions): Promise<T> {
    if (this.#scope.ended) throw ended('transaction')
    this.core.outside(this.#scope)
    return savepoint(this.core, this.#scope, work, options)
  }
}

/** Runs `work` in a savepoint, after those that were asked for before it. */
function savepoint<T>(
  core: Core,
  scope: Scope,
  work: (channel: Channel) => Promise<T> | T,
  options: TransactionOptions | undefined,
): Promise<T> {
  if (options?.readOnly) {
    throw new PlinthError('QUERY_INVALID', 'A transaction inside another cannot be readOnly by itself.', {
      hint: 'Say readOnly on the outer one.',
    })
  }
  const before = scope.turn
  const mine = (async () => {
    await before
    if (scope.ended) throw ended('transaction')
    const inner = new Scope(scope.session, scope)
    const n = core.savepoint()
    const control = (word: string) => core.client.control(scope.session, word, n)
    await control('savepoint')
    try {
      const result = await core.running.run(inner, () => work(new ScopeChannel(core, inner)))
      while (inner.turn) await inner.turn
      inner.ended = true
      await control('release')
      return result
    } catch (error) {
      inner.ended = true
      await control('undo').catch(() => {})
      throw error
    }
  })()
  const turn = mine.then(
    () => {},
    () => {},
  )
  scope.turn = turn
  turn.then(() => {
    if (scope.turn === turn) scope.turn = undefined
  })
  return mine
}

/** An explicit unit of work: reads stand alone until the first write begins a transaction. */
export class SessionChannel implements Channel {
  readonly blocking = false
  #scope: Scope | undefined
  #begun: Promise<void> | undefined
  #open = false
  #closed = false

  constructor(readonly core: Core) {
    core.guard()
    core.sessions.add(this)
  }

  send<T>(request: Request<T>): Promise<T> {
    if (this.#closed) throw ended('session')
    const { client } = this.core
    if (!this.#begun && !request.plan.writes) {
      this.core.guard()
      return client.send(request, 0)
    }
    if (this.#open && this.#scope && !this.#scope.turn) return client.send(request, this.#scope.session)
    return this.#begin().then(scope =>
      (scope.turn ?? Promise.resolve()).then(() => client.send(request, scope.session)),
    )
  }

  transaction<T>(work: (channel: Channel) => Promise<T> | T, options?: TransactionOptions): Promise<T> {
    if (this.#closed) throw ended('session')
    return this.core.track(this.#begin().then(scope => savepoint(this.core, scope, work, options)))
  }

  #begin(): Promise<Scope> {
    if (!this.#begun) {
      this.core.guard()
      const scope = new Scope(this.core.number(false), undefined)
      this.#scope = scope
      this.core.writing(1)
      this.#begun = this.core.client.control(scope.session, 'begin').then(
        () => {
          this.#open = true
        },
        error => {
          this.#over()
          throw error
        },
      )
    }
    const scope = this.#scope as Scope
    return this.#begun.then(() => scope)
  }

  #over(): void {
    if (this.#scope) {
      this.#scope.ended = true
      this.core.writing(-1)
    }
    this.#scope = undefined
    this.#begun = undefined
    this.#open = false
  }

  async #end(word: 'commit' | 'rollback'): Promise<void> {
    if (!this.#begun) return
    await this.#begun
    const scope = this.#scope
    if (!scope) return
    while (scope.turn) await scope.turn
    if (this.#scope !== scope) return
    const done = this.core.client.control(scope.session, word)
    this.#over()
    await done
  }

  async commit(): Promise<void> {
    if (this.#closed) throw ended('session')
    await this.#end('commit')
  }

  async rollback(): Promise<void> {
    if (this.#closed) throw ended('session')
    await this.#end('rollback')
  }

  /** Rolls back what was not committed; again: nothing. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.core.sessions.delete(this)
    await this.#end('rollback').catch(error => {
      // A begin that failed was answered to its caller already.
      if (this.#begun) throw error
    })
  }
}

/** Calls that block. */
export class BlockingChannel implements Channel {
  readonly blocking = true
  readonly #scope: Scope | undefined

  constructor(
    readonly core: Core,
    scope?: Scope,
  ) {
    this.#scope = scope
  }

  send<T>(request: Request<T>): T {
    this.#guard(request.plan.writes)
    return this.core.client.sendSync(request, this.#scope?.session ?? 0)
  }

  #guard(writes: boolean): void {
    if (this.#scope?.ended) throw ended('transaction')
    this.core.guardBlocking(writes)
    if (this.core.blocking !== this.#scope) {
      throw new PlinthError(
        'OUTER_DB_IN_TRANSACTION',
        'A call was made on the outer database from inside its blocking transaction.',
        {
          hint: 'Use what transaction() hands to your function.',
        },
      )
    }
  }

  transaction<T>(work: (channel: Channel) => Promise<T> | T, options?: TransactionOptions): T {
    this.#guard(options?.readOnly !== true)
    const { core } = this
    const outer = this.#scope
    const scope = new Scope(outer?.session ?? core.number(false), outer)
    const n = outer ? core.savepoint() : 0
    const control = (word: string) => core.client.controlSync(scope.session, word, n)
    control(outer ? 'savepoint' : options?.readOnly ? 'beginRead' : 'begin')
    core.blocking = scope
    try {
      const result = work(new BlockingChannel(core, scope))
      if (typeof (result as { then?: unknown })?.then === 'function') {
        throw new PlinthError('QUERY_INVALID', 'The function of a blocking transaction gave a promise.', {
          hint: 'Use db.transaction() for asynchronous work.',
        })
      }
      control(outer ? 'release' : 'commit')
      return result as T
    } catch (error) {
      try {
        control(outer ? 'undo' : 'rollback')
      } catch {
        // The commit ended the transaction already; the first error is the one that matters.
      }
      throw error
    } finally {
      scope.ended = true
      core.blocking = outer
    }
  }
}
