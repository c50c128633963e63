/** Errors that handlers of Express report (`throw`, `next(error)`, a promise that rejects), before its error handlers learn of them. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Held } from './hold.js'

type Next = (error?: unknown) => void
type Handle = (this: unknown, ...args: any[]) => unknown
/** One handler in the stack of a router. */
type Layer = Record<string, Handle | undefined>

/** The methods of a layer that call its handler, in Express 5 and 4. Their last arguments are the answer and `next`. */
const METHODS = ['handleRequest', 'handleError', 'handle_request', 'handle_error']
/** The arguments with which `next` leaves a route or a router. */
const SIGNALS: readonly unknown[] = ['route', 'router']

/** The answers that are held, by their objects of node:http. */
const held = new WeakMap<ServerResponse, Held[]>()
/** The kinds of layers that report errors here; usually one. */
const known = new WeakSet<object>()

/** An application of Express: the router of version 5, or of version 4. */
interface App {
  readonly router?: { readonly stack?: readonly object[] }
  readonly _router?: { readonly stack?: readonly object[] }
}

/**
 * Reports errors of the request to its answer. Express has no place for that: its error handlers
 * are those of the application, and they look first whether there is an answer. Without Express
 * this does nothing.
 */
export function tellErrors(req: IncomingMessage & { app?: App }, res: ServerResponse, answer: Held): void {
  // In version 4 `router` throws.
  const layer = (req.app?._router ?? req.app?.router)?.stack?.[0]
  if (!layer) return
  held.set(res, [...(held.get(res) ?? []), answer])
  const prototype = Object.getPrototypeOf(layer)
  if (known.has(prototype)) return
  known.add(prototype)
  for (const name of METHODS) report(prototype, name)
}

/** Has a method of layers report the errors that go to `next`. */
function report(layers: Layer, name: string): void {
  const method = layers[name]
  if (typeof method !== 'function') return
  layers[name] = function (...args) {
    const [req, res] = args.slice(-3) as [IncomingMessage, ServerResponse]
    const next: Next = args.at(-1)
    const answers = held.get(res)
    if (!answers) return method.apply(this, args)
    const reporting: Next = error => {
      if (error && !SIGNALS.includes(error) && answers.filter(answer => answer.isTooLate(error)).length > 0) shield(req)
      next(error)
    }
    return method.apply(this, [...args.slice(0, -1), reporting])
  }
}

/** Keeps the connection of a request: Express breaks it for an error that comes when the answer is on its way. */
function shield(req: IncomingMessage): void {
  const { socket } = req
  const kept = Object.create(socket, { destroy: { value: () => socket } })
  Object.defineProperty(req, 'socket', { configurable: true, writable: true, value: kept })
}
