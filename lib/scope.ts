/** Scopes: a session for as long as a function runs or a request is answered, which calls below it find without being handed it. */

import type { SessionChannel } from './channel.js'
import { type Core, ended } from './core.js'
import { PlinthError } from './errors.js'
import { LIMITS, limitsOf } from './limits.js'
import { type Fields, plainOptions } from './options.js'
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

/** Runs a function in a scope of its own. */
export async function scoped(core: Core, begin: (core: Core) => RequestScope, work: unknown, options?: CallOptions) {
  if (typeof work !== 'function') {
    throw new PlinthError('QUERY_INVALID', `scope() expected a function, found ${shown(work)}.`, {
      hint: 'Write db.scope(async session => { ... }).',
    })
  }
  plainOptions('scope', options, LIMITS)
  const limits = limitsOf('scope', (options ?? {}) as Fields)
  const scope = begin(core)
  const run = () => within(scope, () => work(scope.session))
  return limits ? new Limit(scope, limits).hold(run) : run()
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

/** What gives a scope up, though its function may never end: a signal, a time. */
class Limit {
  /** Why it was given up. */
  #error: PlinthError | undefined
  #timer: NodeJS.Timeout | undefined
  readonly #signal: AbortSignal | undefined
  #reached = () => {}
  /** Resolves when the scope was given up, and is rolled back. */
  readonly #over = new Promise<void>(resolve => {
    this.#reached = resolve
  })

  constructor(
    readonly scope: RequestScope,
    { signal, timeout }: CallOptions,
  ) {
    this.#signal = signal
    if (signal?.aborted) this.#aborted()
    else signal?.addEventListener('abort', this.#aborted, { once: true })
    if (timeout !== undefined) {
      const late = () => this.#stop(new PlinthError('TIMEOUT', `The scope did not end within ${timeout} ms.`))
      this.#timer = setTimeout(late, Math.min(timeout, LONGEST))
    }
  }

  readonly #aborted = () =>
    this.#stop(new PlinthError('ABORTED', 'The scope was aborted.', { cause: this.#signal?.reason }))

  #stop(error: PlinthError): void {
    if (this.scope.ended) return
    this.#error = error
    this.scope.abort(error).then(this.#reached)
  }

  /** What `work` gives, if that is in time. What is too late before it begins does not begin. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await (this.#error ? this.#over : Promise.race([work(), this.#over]))
      if (!this.#error) return result as T
    } catch (error) {
      if (!this.#error) throw error
    } finally {
      clearTimeout(this.#timer)
      this.#signal?.removeEventListener('abort', this.#aborted)
    }
    // Whatever the function met with when its session was closed under it.
    await this.#over
    throw this.#error
  }
}

/** What a timer can wait. */
const LONGEST = 2 ** 31 - 1
