/** The ways a call can go: on the database itself, in a transaction, in a session, or blocking. Tables do not know which. */

import { attempts, attemptsSync, isolationOf, onlyOutside } from './attempts.js'
import type { Request } from './client.js'
import { type Core, ended, outer as outside, Scope } from './core.js'
import { PlinthError } from './errors.js'
import { keep } from './kept.js'
import type { TransactionOptions } from './types/index.js'

/** What runs in a transaction, on the way that its calls go. */
type Work<T> = (channel: Channel) => Promise<T> | T

/** Where a table sends its calls. `send` gives a promise, or, where calls block, the result itself. */
export interface Channel {
  readonly core: Core
  readonly blocking: boolean
  send<T>(request: Request<T>): Promise<T> | T
  /** All of `work` or nothing. */
  transaction<T>(work: Work<T>, options?: TransactionOptions): Promise<T> | T
}

/** The database itself: each call stands alone. */
export class RootChannel implements Channel {
  readonly blocking = false
  constructor(readonly core: Core) {}

  send<T>(request: Request<T>): Promise<T> {
    this.core.guard()
    return request.point ? this.core.client.sendPoint(request) : this.core.client.send(request, 0)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions): Promise<T> {
    this.core.guard()
    const once = () => this.#transaction(work, options)
    return this.core.track(options?.retries ? attempts(options.retries, once) : once())
  }

  async #transaction<T>(work: Work<T>, options: TransactionOptions | undefined): Promise<T> {
    const { core } = this
    const readOnly = options?.readOnly === true
    const scope = new Scope(core.number(readOnly), undefined)
    const control = (word: string, n?: number) => core.client.control(scope.session, word, n)
    const holds = !readOnly || core.inMemory
    if (holds) core.writing(1)
    try {
      await control(readOnly ? 'beginRead' : 'begin', isolationOf(options))
      let result: T
      try {
        result = await core.running.run(scope, () => work(new ScopeChannel(core, scope)))
        while (scope.turn) await scope.turn
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
      if (holds) core.writing(-1)
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
    return sendIn(this.core, scope, request)
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions): Promise<T> {
    if (this.#scope.ended) throw ended('transaction')
    this.core.outside(this.#scope)
    return savepoint(this.core, this.#scope, work, options)
  }
}

/** While a savepoint runs, calls beside it would be part of it: they wait for their turn, and go before what waits behind them. */
function sendIn<T>(core: Core, scope: Scope, request: Request<T>): Promise<T> {
  if (!scope.turn) return core.client.send(request, scope.session)
  const kept = keep(request)
  return scope.turn.then(() => {
    if (scope.ended) throw ended('transaction')
    return core.client.send(kept, scope.session)
  })
}

/** Runs `work` in a savepoint, after those that were asked for before it. */
function savepoint<T>(core: Core, scope: Scope, work: Work<T>, options: TransactionOptions | undefined): Promise<T> {
  onlyOutside(options)
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
      if (inner.ended) throw ended('transaction')
      inner.end()
      await control('release')
      return result
    } catch (error) {
      inner.end()
      // Where what is around it has ended, it was undone with that.
      if (!scope.ended) await control('undo').catch(() => {})
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

/** An explicit unit of work. On PostgreSQL its first call begins a transaction, on SQLite its first write: until then reads stand alone. */
export class SessionChannel implements Channel {
  readonly blocking = false
  readonly unit: Unit

  constructor(readonly core: Core) {
    core.guard()
    this.unit = new Unit(core)
    forgotten.register(this, this.unit)
  }

  send<T>(request: Request<T>): Promise<T> {
    const { core } = this
    const { unit } = this
    unit.guard()
    const { writes } = request.plan
    if (!unit.scope && !writes && core.dialect === 'sqlite') {
      core.guard(unit)
      unit.busy = true
      return core.client.send(request, 0)
    }
    const scope = unit.begin(writes)
    return unit.begun(sendIn(core, scope, request))
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions): Promise<T> {
    const { core } = this
    const { unit } = this
    unit.guard()
    onlyOutside(options)
    const scope = unit.begin(true)
    return core.track(unit.untilDropped(unit.begun(savepoint(core, scope, work, options))))
  }

  async commit(): Promise<void> {
    this.unit.guard()
    await this.unit.end('commit')
  }

  async rollback(): Promise<void> {
    this.unit.guard()
    await this.unit.end('rollback')
  }

  /** Rolls back what was not committed; again: nothing. */
  async close(): Promise<void> {
    await this.unit.close()
  }
}

/** What a session is while it lasts, apart from what its user holds: so that it can be closed when nobody holds that any more. */
export class Unit {
  scope: Scope | undefined
  /** Whether a call was made in it since its last commit or rollback. */
  busy = false
  /** Whether something that was not committed has been lost with its end. */
  lost = false
  #begin: Promise<void> | undefined
  #open = false
  /** Whether it counts among those that a blocking write would wait for. */
  #writing = false
  #closing: Promise<void> | undefined
  /** What gives up the transactions that run in it. */
  readonly #given = new Set<(error: unknown) => void>()

  constructor(readonly core: Core) {
    core.sessions.add(this)
  }

  /** Throws after the end, and for a call from inside a transaction of the session: it would wait for itself. */
  guard(): void {
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
    const scope = new Scope(core.number(false), undefined)
    this.scope = scope
    this.busy = true
    this.#begin = core.client.control(scope.session, 'begin')
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
    call.catch(() => {})
    return begin.then(() => call)
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
    if (!scope) {
      this.busy = false
      return
    }
    while (scope.turn) await scope.turn
    if (this.scope === scope) await this.#ended(scope, word)
  }

  async #ended(scope: Scope, word: 'commit' | 'rollback'): Promise<void> {
    const { core } = this
    const begin = this.#begin
    const writing = this.#writing
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
      this.#close(async () => {
        if (scope) await this.#ended(scope, 'rollback')
      })
    }
    for (const give of this.#given) give(reason)
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
const isGone = (error: unknown) =>
  error instanceof PlinthError && (error.code === 'CONNECTION_LOST' || error.code === 'SESSION_ENDED')

/** A session that nobody can close any more would hold the writer for ever. */
const forgotten = new FinalizationRegistry<Unit>(unit => {
  unit.close().catch(() => {})
})

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
      throw outside('blocking transaction')
    }
  }

  transaction<T>(work: Work<T>, options?: TransactionOptions): T {
    if (this.#scope) onlyOutside(options)
    this.#guard(options?.readOnly !== true)
    return attemptsSync(options?.retries ?? 0, () => this.#transaction(work, options))
  }

  #transaction<T>(work: Work<T>, options: TransactionOptions | undefined): T {
    const { core } = this
    const outer = this.#scope
    const scope = new Scope(outer?.session ?? core.number(false), outer)
    const n = outer ? core.savepoint() : isolationOf(options)
    const control = (word: string) => core.client.controlSync(scope.session, word, n)
    control(outer ? 'savepoint' : options?.readOnly ? 'beginRead' : 'begin')
    core.blocking = scope
    try {
      const result = work(new BlockingChannel(core, scope))
      if (typeof (result as { then?: unknown })?.then === 'function') {
        // What comes of it is of no interest any more, and must not end the process.
        Promise.resolve(result).catch(() => {})
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
      scope.end()
      core.blocking = outer
    }
  }
}
