/** An answer of node:http, held back until the scope behind it is settled: who sees a success can rely on the commit. */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { RequestScope } from '../unit/request-scope.js'
import { type Commits, gone, OF_THE_ANSWER } from './scope-options.js'

/** An answer that is held. */
export interface Held {
  /** Settles the scope now, by the status of the answer, which may then go out. Undefined where there is nothing to wait for. */
  settle(): Promise<void> | undefined
}

/**
 * `open`: the request is being answered. `held`: the answer has its end, and waits for the scope. `free`: the scope is settled
 * or given up, and nothing is held any more.
 */
type Phase = 'open' | 'held' | 'free'

type Args = any[]

/**
 * Holds the end of an answer until the scope is settled, and with it the head and all that was not sent before: where a commit
 * fails, `failed` can answer something else. Where part of it was sent, the connection is broken instead: the client must not
 * take it for whole. So the last piece of a body whose length is known waits too.
 */
export function hold(
  res: ServerResponse,
  scope: RequestScope,
  commits: Commits,
  failed: (error: unknown) => void,
): Held {
  // Whatever middleware came before may have put its own in their place.
  const { end, write, writeHead, flushHeaders } = res as unknown as Record<string, (...args: Args) => any>
  const call = (method: ((...args: Args) => any) | undefined, args: Args) => method?.apply(res, args)
  let phase: Phase = 'open'
  /** writeHead was called. Nothing is sent yet: node:http sends the head with the first piece of the body. */
  let announced = false
  /** Whether anything may be on its way to the client. */
  let sent = res.headersSent
  /** The bytes that complete a body of known length. */
  let left: number | undefined
  /** The pieces of a body that wait, because with them it would be complete. */
  let kept: Args[] = []
  /** What was called after the end: node:http says what it thinks of it, later. */
  const after: (() => void)[] = []

  const settle = () => {
    forget()
    try {
      return scope.settle(commits(statusOf(res)))
    } catch (error) {
      return Promise.resolve(scope.settle(false)).then(() => Promise.reject(error))
    }
  }

  const release = (args: Args) => {
    phase = 'free'
    for (const piece of kept.splice(0)) call(write, piece)
    call(end, args)
    for (const again of after.splice(0)) again()
  }

  const refuse = (error: unknown, args: Args) => {
    phase = 'free'
    announced = false
    kept = []
    const callback = args.at(-1)
    if (typeof callback === 'function') callback(error)
    if (sent) return sever(res)
    if (res.destroyed) return
    for (const name of OF_THE_ANSWER) res.removeHeader(name)
    res.statusCode = 500
    res.statusMessage = ''
    failed(error)
  }

  const overrides = {
    writeHead(...args: Args) {
      if (sent || phase === 'free') return call(writeHead, args)
      if (announced || phase === 'held') throw tooLate('write')
      announce(res, args)
      announced = true
      return res
    },
    flushHeaders() {
      if (phase === 'held') return
      sent = true
      call(flushHeaders, [])
    },
    write(...args: Args) {
      if (phase === 'held') {
        after.push(() => call(write, args))
        return false
      }
      if (phase === 'free' || !isPiece(args[0])) return call(write, args)
      left ??= Number(res.getHeader('content-length') ?? Number.NaN) || Number.POSITIVE_INFINITY
      left -= Buffer.byteLength(args[0], typeof args[1] === 'string' ? (args[1] as BufferEncoding) : undefined)
      if (left <= 0) {
        // Who waits for the piece to be written before it says that this was the last must not wait for ever.
        const callback = args.at(-1)
        kept.push(typeof callback === 'function' ? args.slice(0, -1) : args)
        if (typeof callback === 'function') process.nextTick(callback)
        return true
      }
      sent = true
      return call(write, args)
    },
    end(...args: Args) {
      if (phase === 'held') {
        after.push(() => call(end, args))
        return res
      }
      if (phase === 'free') return call(end, args)
      if (!isEnd(args[0]) || !isStatus(statusOf(res))) {
        // What node:http refuses it refuses at once.
        phase = 'free'
        try {
          return call(end, args)
        } finally {
          phase = 'open'
        }
      }
      const settling = settle()
      if (!settling) {
        release(args)
        return res
      }
      phase = 'held'
      const thaw = freeze(res)
      settling
        .then(
          () => {
            thaw()
            release(args)
          },
          error => {
            thaw()
            refuse(error, args)
          },
        )
        .catch(error => res.destroy(error))
      return res
    },
  }
  Object.assign(res, overrides)
  const proto = Object.getPrototypeOf(res)
  Object.defineProperties(res, {
    headersSent: {
      configurable: true,
      get: () => announced || phase === 'held' || Reflect.get(proto, 'headersSent', res),
    },
    writableEnded: { configurable: true, get: () => phase === 'held' || Reflect.get(proto, 'writableEnded', res) },
  })
  const leave = () => {
    if (phase !== 'open') return
    phase = 'free'
    scope.abort(gone())
  }
  res.once('close', leave)
  const forget = whenClosed(res, leave)
  return {
    settle() {
      if (phase !== 'open') return undefined
      phase = 'free'
      return settle()
    },
  }
}

/** What is told when a connection closes. */
const connections = new WeakMap<object, Set<() => void>>()

/**
 * Tells when the connection of an answer closes; gives what takes that back. The answer itself is closed only when its turn
 * has come: behind another on the same connection it never hears of it.
 */
function whenClosed(res: ServerResponse, tell: () => void): () => void {
  const socket = res.req?.socket
  // Streams of HTTP/2 close one by one.
  if (!socket || 'stream' in res) return () => {}
  let told = connections.get(socket)
  if (!told) {
    const all = new Set<() => void>()
    told = all
    connections.set(socket, all)
    socket.once('close', () => {
      for (const each of all) each()
    })
  }
  told.add(tell)
  return () => told.delete(tell)
}

const isPiece = (chunk: unknown): chunk is string | Uint8Array =>
  typeof chunk === 'string' || chunk instanceof Uint8Array
const isEnd = (chunk: unknown) => chunk === undefined || chunk === null || typeof chunk === 'function' || isPiece(chunk)
const isStatus = (status: number) => status >= 100 && status <= 999
/** The status as node:http takes it: text is as good as a number. */
const statusOf = (res: ServerResponse) => res.statusCode | 0

/** Takes note of what writeHead was given, as node:http does where headers were set before. */
function announce(res: ServerResponse, [status, reason, more]: Args): void {
  const headers: OutgoingHttpHeaders | unknown[] | undefined = typeof reason === 'string' ? more : (more ?? reason)
  if (Array.isArray(headers)) {
    for (let i = 0; i < headers.length; i += 2) res.removeHeader(String(headers[i]))
    for (let i = 0; i < headers.length; i += 2) res.appendHeader(String(headers[i]), headers[i + 1] as string)
  } else if (headers) {
    for (const name of Object.keys(headers)) if (name) res.setHeader(name, headers[name] as string)
  }
  res.statusCode = status
  if (typeof reason === 'string') res.statusMessage = reason
}

/** While an answer waits for its scope it is as if it were sent: who sets a header then is too late. */
function freeze(res: ServerResponse): () => void {
  const { statusCode, statusMessage } = res
  const names = ['setHeader', 'appendHeader', 'removeHeader', 'setHeaders'] as const
  const own = names.map(name => Object.getOwnPropertyDescriptor(res, name))
  for (const name of names) {
    Object.defineProperty(res, name, {
      configurable: true,
      value: () => {
        throw tooLate('set')
      },
    })
  }
  return () => {
    names.forEach((name, i) => {
      const before = own[i]
      if (before) Object.defineProperty(res, name, before)
      else delete (res as unknown as Record<string, unknown>)[name]
    })
    res.statusCode = statusCode
    res.statusMessage = statusMessage
  }
}

/** The error that node:http throws. */
function tooLate(what: string): Error {
  const code = 'ERR_HTTP_HEADERS_SENT'
  return Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), { code })
}

/** Breaks the connection, so that nobody takes what was sent for whole. */
function sever(res: ServerResponse): void {
  const { stream } = res as { stream?: { close(code: number): void } }
  // INTERNAL_ERROR of HTTP/2.
  if (stream) return stream.close(2)
  try {
    // An answer without a length ends with its connection: only a reset is no such end.
    res.socket?.resetAndDestroy()
  } catch {
    // Not every socket can be reset; one of TLS has an end of its own.
    res.destroy()
  }
}
