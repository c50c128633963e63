/** Events of a request and of its answer run in the scope of the request, wherever they come from. */

import type { EventEmitter } from 'node:events'
import type { RequestScope } from '../unit/request-scope.js'

/**
 * Runs the listeners of an emitter in a scope, as long as that lasts: Node emits the pieces of a large body in the context of the
 * connection, which may serve many requests. Listeners stay the functions that were given, so that `off` finds them.
 */
export function emitInScope(emitter: EventEmitter, scope: RequestScope): void {
  const { emit } = emitter
  const value = (...args: Parameters<typeof emit>) =>
    scope.ended ? emit.apply(emitter, args) : scope.run(() => emit.apply(emitter, args))
  Object.defineProperty(emitter, 'emit', { configurable: true, writable: true, value })
}
