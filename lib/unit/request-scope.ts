/** Scopes: a session for as long as a function runs or a request is answered, which calls below it find without being handed it. */

import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { type Limits, NONE, Stopper, unlessStopped } from '../bridge/stopping.js'
import type { ScopeOptions } from '../types/index.js'
import type { DatabaseState, OpenScope } from './database-state.js'
import { ended } from './refusals.js'
import { attempts } from './retry.js'
import type { RowsRead } from './rows-read.js'
import type { SessionChannel } from './session-channel.js'
import type { SessionState } from './session-state.js'
import { untilSettled } from './settled.js'
import { type SessionSettings, sessionSettings } from './transaction-options.js'

/** A session of a scope: where its calls go, and what its user holds of it. */
export interface ScopeSession {
  readonly channel: SessionChannel
  readonly session: object
}

/** A scope, from where it begins until it is settled or given up; either ends its session. */
export class RequestScope implements OpenScope {
  #made: ScopeSession | undefined
  /** Why there is no session any more. */
  #over: (() => PlinthError) | undefined
  #paused = false
  /** Settles with the session, once the scope has ended. */
  #freed: Promise<void> | undefined
  /** Why the scope was given up. */
  #reason: PlinthError | undefined
  #settled: Promise<unknown> | undefined
  /** Tells those who wait for `settled` that the scope has ended. */
  #tell: (() => void) | undefined

  /** `make`: makes its session, when that is first asked for; most requests of a service ask for files. */
  constructor(
    readonly database: DatabaseState,
    readonly make: () => ScopeSession,
    readonly owner: () => string,
  ) {
    database.request(1)
  }

  get ended(): boolean {
    return this.#over !== undefined || this.#paused
  }

  /**
   * From now on its session takes no calls, as if it had ended; nothing is committed or rolled back yet, and `resume` takes it back.
   */
  pause(): void {
    this.#setPaused(true)
  }

  /** Takes `pause` back. */
  resume(): void {
    this.#setPaused(false)
  }

  #setPaused(paused: boolean): void {
    this.#paused = paused
    if (this.state) this.state.paused = paused
  }

  /** The user's side of it. */
  get session(): object {
    if (!this.#made) {
      this.#made = this.make()
      if (this.#over) this.#made.channel.state.drop(this.#over()).catch(() => {})
    }
    return this.#made.session
  }

  /** Its session as far as it was asked for. */
  get state(): SessionState | undefined {
    return this.#made?.channel.state
  }

  /** What is called in a scope does not wait for it. */
  waitsFor(): undefined {
    return undefined
  }

  /**
   * Resolves when the scope is settled and its connection is free for others: with the error of a commit that failed, or why the
   * scope was given up; with undefined if it was committed or rolled back.
   */
  get settled(): Promise<unknown> {
    this.#settled ??= new Promise<void>(resolve => {
      if (this.#over) resolve()
      else this.#tell = resolve
    })
      .then(() => this.#freed)
      .then(
        () => this.#reason,
        error => error,
      )
    return this.#settled
  }

  /** Runs a function, and all that it begins, in this scope. */
  run<T>(work: () => T): T {
    return this.database.requests.run(this, work)
  }

  /**
   * Commits or rolls back, and closes the session. Rejects where a commit fails: then nothing of it
   * is in the database. Undefined if there is nothing to wait for, or the scope has ended.
   */
  settle(commit: boolean): Promise<void> | undefined {
    if (this.#over) return undefined
    this.resume()
    this.#end(() => ended('session'))
    const { state } = this
    const settling = state && this.#settleSession(state, commit)
    this.#freed = settling ?? state?.close().catch(() => {})
    this.#tell?.()
    return settling
  }

  #settleSession(state: SessionState, commit: boolean): Promise<void> | undefined {
    // Somebody closed it before, with what was to be committed.
    if (commit && state.lost) return Promise.reject(state.whyLost)
    if (!state.transaction) return undefined
    return commit ? state.finish() : state.drop(ended('session')).catch(() => {})
  }

  /** Rolls back at once, whatever still runs in it. */
  async abort(reason: PlinthError): Promise<void> {
    if (this.#over) return
    this.resume()
    // It counts as open until its function ends: what that hands to `afterScope` is refused.
    this.#over = () => reason
    this.database.refuses(this)
    this.#reason = reason
    // A transaction that could not be rolled back ends with its connection.
    this.#freed = this.state?.drop(reason).catch(() => {})
    this.#tell?.()
    await this.#freed
  }

  #end(over: () => PlinthError): void {
    this.#over = over
    this.database.request(-1)
  }
}

/** Throws SCOPE_NESTED where a scope of this database is open already. */
export function outsideScope(database: DatabaseState): void {
  if (open(database)) throw nested()
}

/** An error for a scope in a scope. */
export function nested(): PlinthError {
  return new PlinthError('SCOPE_NESTED', 'A scope was begun inside another scope of the same database.', {
    hint: 'Use the existing session: db.current(). A middleware that begins the scope of each request is installed once.',
  })
}

/** The scope that this runs in, while it lasts. */
function open(database: DatabaseState): OpenScope | undefined {
  const scope = database.requests.getStore()
  return scope?.ended ? undefined : scope
}

/** The scope that this runs in. Throws NO_SCOPE. */
export function scopeOf(database: DatabaseState): OpenScope {
  const scope = open(database)
  if (scope) return scope
  throw new PlinthError('NO_SCOPE', 'There is no scope here: current() was called outside of one.', {
    hint: 'Run it inside db.scope(async session => { ... }), or behind a middleware such as expressScope(db).',
  })
}

/** Runs a function in a scope of its own; `outer`: the limits of the view that it is asked of. */
export async function scoped(
  database: DatabaseState,
  begin: (database: DatabaseState, settings: SessionSettings) => RequestScope,
  work: unknown,
  options: ScopeOptions | undefined,
  outer: Limits | undefined,
) {
  if (!isRunnable(work)) {
    throw new PlinthError('QUERY_INVALID', `scope() expected a function, found ${shown(work)}.`, {
      hint: 'Write db.scope(async session => { ... }).',
    })
  }
  const settings = sessionSettings('scope', options, outer)
  const stopper = settings.stopper ?? new Stopper(NONE)
  try {
    const settled = database.waitsFor()
    if (settled) await untilSettled(settled, [stopper])
    const once = async (of: Stopper, reads?: RowsRead) => {
      const scope = begin(database, { ...settings, stopper: of, reads })
      // When it is stopped its session is rolled back and closed, though the function may never end.
      const whole = async () => await work(scope.session)
      return await within(scope, () => unlessStopped(whole(), [of])).catch(async error => {
        if (of.error) await scope.state?.close().catch(() => {})
        throw error
      })
    }
    const retries = options?.retries ?? 0
    if (retries === 0) return await once(stopper)
    const attempt = async (reads: RowsRead) => {
      // The end of a session stops all that is called in it, but not the next attempt.
      const own = new Stopper({ ...NONE, timeout: stopper.timeout })
      const off = stopper.on(error => own.stop(error))
      try {
        return await once(own, reads)
      } finally {
        off()
        own.end()
      }
    }
    return await attempts({ retries, models: database.models }, attempt, stopper)
  } finally {
    stopper.end()
  }
}

/**
 * The result of `work`, once the scope is committed; rolled back if it fails. `keep`: whether to
 * commit, by what it gave.
 */
export async function within<T>(
  scope: RequestScope,
  work: () => T | Promise<T>,
  keep: (result: T) => boolean = () => true,
): Promise<T> {
  try {
    const result = await scope.run(work)
    await scope.settle(keep(result))
    return result
  } catch (error) {
    await scope.settle(false)
    throw error
  }
}
