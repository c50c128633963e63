/** Scopes: a session for as long as a function runs or a request is answered, which calls below it find without being handed it. */

import { type Core, ended } from './core.js'
import { PlinthError } from './errors.js'
import { both, type Limits, NONE, onlyLimits, unlessStopped, Watch } from './limits.js'
import type { SessionChannel } from './session.js'
import type { CallOptions } from './types/index.js'
import { shown } from './values.js'

/** A scope, from where it begins until it is settled or given up; either ends its session. */
export class RequestScope {
  #ended = false

  constructor(
    readonly channel: SessionChannel,
    /** What its user holds of it. */
    readonly session: object,
  ) {
    channel.core.request(1)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Runs a function, and all that it begins, in this scope. */
  run<T>(work: () => T): T {
    return this.channel.core.requests.run(this, work)
  }

  /**
   * Commits or rolls back, and closes the session. Rejects where a commit fails: then nothing of it is in the database.
   * Undefined where there is nothing to wait for, or the scope has ended.
   */
  settle(commit: boolean): Promise<void> | undefined {
    if (this.#ended) return undefined
    this.#end()
    const { unit } = this.channel
    // Somebody closed it before, with what was to be committed.
    if (commit && unit.lost) return Promise.reject(ended('session'))
    if (unit.scope) return commit ? unit.finish() : unit.drop(ended('session')).catch(() => {})
    unit.close().catch(() => {})
    return undefined
  }

  /** Rolls back at once, whatever still runs in it. */
  async abort(reason: unknown): Promise<void> {
    if (this.#ended) return
    this.#end()
    // What could not be rolled back, the end of its connection does.
    await this.channel.unit.drop(reason).catch(() => {})
  }

  #end(): void {
    this.#ended = true
    this.channel.core.request(-1)
  }
}

/** Throws SCOPE_NESTED where a scope of this database is open already. */
export function outsideScope(core: Core): void {
  if (open(core)) throw nested()
}

/** An error for a scope in a scope. */
export function nested(): PlinthError {
  return new PlinthError('SCOPE_NESTED', 'A scope was begun inside another scope of the same database.', {
    hint: 'Use the session that is there: db.current(). A middleware that begins the scope of each request is installed once.',
  })
}

/** The scope that this runs in, while it lasts. */
function open(core: Core): RequestScope | undefined {
  const scope = core.requests.getStore()
  return scope?.ended ? undefined : scope
}

/** The scope that this runs in. Throws NO_SCOPE. */
export function scopeOf(core: Core): RequestScope {
  const scope = open(core)
  if (scope) return scope
  throw new PlinthError('NO_SCOPE', 'There is no scope here: current() was called outside of one.', {
    hint: 'Run it inside db.scope(async session => { ... }), or behind a middleware such as expressScope(db).',
  })
}

/** Runs a function in a scope of its own; `outer`: the limits of the view that it is asked of. */
export async function scoped(
  core: Core,
  begin: (core: Core, watch: Watch) => RequestScope,
  work: unknown,
  options: CallOptions | undefined,
  outer: Limits | undefined,
) {
  if (typeof work !== 'function') {
    throw new PlinthError('QUERY_INVALID', `scope() expected a function, found ${shown(work)}.`, {
      hint: 'Write db.scope(async session => { ... }).',
    })
  }
  const watch = new Watch(both(onlyLimits('scope', options), outer) ?? NONE)
  try {
    const scope = begin(core, watch)
    // When it is stopped its session is rolled back and closed, though the function may never end.
    const whole = async () => await work(scope.session)
    return await within(scope, () => unlessStopped(whole(), [watch])).catch(async error => {
      if (watch.error) await scope.channel.unit.close().catch(() => {})
      throw error
    })
  } finally {
    watch.end()
  }
}

/** What `work` gives, once the scope is committed; rolled back where it fails. `keep`: whether to commit, by what it gave. */
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
