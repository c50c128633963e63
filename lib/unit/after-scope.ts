/** `db.afterScope`: work that begins in a scope, and whose calls on the database wait until that scope is settled. */

import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import type { DatabaseState, OpenScope } from './database-state.js'
import { RequestScope } from './request-scope.js'

/** The scope in which the work of one call of `db.afterScope` runs: none. */
class AfterScope implements OpenScope {
  readonly ended = true
  readonly state = undefined
  readonly #scope: RequestScope
  /** Resolves when the scope is settled; rejects with why calls that waited for it are not made. */
  readonly #settled: Promise<void>
  #waits = true

  constructor(scope: RequestScope) {
    this.#scope = scope
    this.#settled = scope.settled.then(failure => {
      if (failure !== undefined) throw failure
      this.#waits = false
    })
    this.#settled.catch(() => {})
  }

  readonly owner = () => `db.afterScope() in ${this.#scope.owner()}`

  get session(): object {
    return this.#scope.session
  }

  waitsFor(session: object | undefined): Promise<void> | undefined {
    // The session of the scope cannot wait for its own end.
    return this.#waits && (session === undefined || session !== this.#scope.state) ? this.#settled : undefined
  }

  /** Runs `work`, and all that it begins, in here. */
  run<T>(work: () => T): T {
    const { database } = this.#scope
    database.request(1)
    const over = () => {
      const done = () => database.request(-1)
      this.#settled.then(done, () => database.refuses(this))
    }
    let result: T
    try {
      result = database.requests.run(this, work)
    } catch (error) {
      over()
      throw error
    }
    // The same promise would count as handled if it rejects.
    if (result instanceof Promise) return result.finally(over) as T
    over()
    return result
  }
}

/**
 * Runs `work` at once, and gives what it gives. In a scope its calls on the database wait until the scope is settled, and belong to
 * no scope; they reject if the commit of the scope fails, or if it is given up. Throws QUERY_INVALID.
 */
export function afterScope(database: DatabaseState, work: unknown): unknown {
  if (!isRunnable(work)) {
    throw new PlinthError('QUERY_INVALID', `afterScope() expected a function, found ${shown(work)}.`, {
      hint: 'Write db.afterScope(async () => { ... }).',
    })
  }
  const here = database.requests.getStore()
  return here instanceof RequestScope ? new AfterScope(here).run(() => work()) : work()
}
