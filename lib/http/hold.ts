/**
 * An answer of node:http, held back until the scope behind it is settled: a client that sees a
 * success can rely on the commit.
 */

import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { RequestScope } from '../unit/request-scope.js'
import { type Commits, gone, OF_THE_ANSWER } from './scope-options.js'

/** An answer that is held. */
export interface Held {
  /**
   * A handler reports an error. Until the commit is sent it takes the place of an answer that was given before; later it cannot:
   * then this gives true.
   */
  isTooLate(error: unknown): boolean
}

type Args = any[]
type Method = ((...args: Args) => any) | undefined
/** The methods of an answer that are overridden. */
type Methods = Readonly<Record<'end' | 'write' | 'writeHead' | 'flushHeaders', Method>>

/** The request is being answered. */
interface Open {
  readonly is: 'open'
  /** The bytes that complete a body of known length; undefined until its first piece. */
  left: number | undefined
  /** The pieces of a body that wait, because with them it would be complete. */
  readonly pieces: Args[]
}

/** The answer has its end, and waits for the scope. */
interface Waiting {
  readonly is: 'held'
  /** Its status. What is set later is not sent. */
  readonly status: number
  /** The pieces of its body that were not sent. */
  readonly pieces: Args[]
  /** The arguments of its end. */
  readonly end: Args
  /** What was called after the end: node:http says what it thinks of it, later. */
  readonly later: (() => void)[]
  /** Makes the answer take headers again. */
  readonly thaw: () => void
  /** Whether the scope is being settled. Until then, an error takes the place of the answer. */
  settling: boolean
}

/** The scope is settled or given up: nothing is held any more. `answered`: the answer went out. */
interface Free {
  readonly is: 'free'
  readonly answered: boolean
}

const FREE: Free = { is: 'free', answered: false }
const ANSWERED: Free = { is: 'free', answered: true }

/**
 * Holds the end of an answer until the scope is settled, and with it the head and all that was not
 * sent before: where a commit fails, `failed` can answer something else. If part of it was sent,
 * the connection is broken instead: the client must not take it for whole. So the last piece of a
 * body whose length is known waits too.
 */
export function hold(
  res: ServerResponse,
  scope: RequestScope,
  commits: Commits,
  failed: (error: unknown) => void,
): Held {
  return new HeldAnswer(res, scope, commits, failed)
}

class HeldAnswer implements Held {
  readonly #res: ServerResponse
  readonly #scope: RequestScope
  readonly #commits: Commits
  readonly #failed: (error: unknown) => void
  /** The methods of the answer. A middleware that came before may have put its own in their place. */
  readonly #methods: Methods
  readonly #forget: () => void
  #state: Open | Waiting | Free = { is: 'open', left: undefined, pieces: [] }
  /**
   * `announced`: writeHead was called, and nothing is sent yet, since node:http sends the head with the first piece of the body.
   * `sent`: anything may be on its way to the client.
   */
  #head: 'unsent' | 'announced' | 'sent'

  constructor(res: ServerResponse, scope: RequestScope, commits: Commits, failed: (error: unknown) => void) {
    this.#res = res
    this.#scope = scope
    this.#commits = commits
    this.#failed = failed
    this.#head = res.headersSent ? 'sent' : 'unsent'
    const { end, write, writeHead, flushHeaders } = res as unknown as Record<string, Method>
    this.#methods = { end, write, writeHead, flushHeaders }
    this.#override()
    const leave = () => this.#leave()
    res.once('close', leave)
    this.#forget = whenClosed(res, leave)
  }

  /** Puts methods of its own in the place of those of the answer. */
  #override(): void {
    const res = this.#res
    Object.assign(res, {
      writeHead: (...args: Args) => this.#writeHead(args),
      flushHeaders: () => this.#flushHeaders(),
      write: (...args: Args) => this.#write(args),
      end: (...args: Args) => this.#end(args),
    })
    const proto = Object.getPrototypeOf(res)
    const isHeld = () => this.#state.is === 'held'
    Object.defineProperties(res, {
      headersSent: {
        configurable: true,
        get: () => this.#head === 'announced' || isHeld() || Reflect.get(proto, 'headersSent', res),
      },
      writableEnded: { configurable: true, get: () => isHeld() || Reflect.get(proto, 'writableEnded', res) },
    })
  }

  #call(name: keyof Methods, args: Args): any {
    return this.#methods[name]?.apply(this.#res, args)
  }

  #writeHead(args: Args): any {
    if (this.#head === 'sent' || this.#state.is === 'free') return this.#call('writeHead', args)
    if (this.#head === 'announced' || this.#state.is === 'held') throw tooLate('write')
    announce(this.#res, args)
    this.#head = 'announced'
    return this.#res
  }

  #flushHeaders(): void {
    if (this.#state.is === 'held') return
    this.#head = 'sent'
    this.#call('flushHeaders', [])
  }

  #write(args: Args): any {
    const state = this.#state
    if (state.is === 'held') {
      state.later.push(() => this.#call('write', args))
      return false
    }
    if (state.is === 'free' || !isPiece(args[0])) return this.#call('write', args)
    state.left ??= Number(this.#res.getHeader('content-length') ?? Number.NaN) || Number.POSITIVE_INFINITY
    state.left -= Buffer.byteLength(args[0], typeof args[1] === 'string' ? (args[1] as BufferEncoding) : undefined)
    if (state.left <= 0) {
      state.pieces.push(withoutCallback(args))
      return true
    }
    this.#head = 'sent'
    return this.#call('write', args)
  }

  #end(args: Args): any {
    const res = this.#res
    const state = this.#state
    if (state.is === 'held') {
      state.later.push(() => this.#call('end', args))
      return res
    }
    if (state.is === 'free') return this.#call('end', args)
    if (!isEnd(args[0]) || !isStatus(statusOf(res))) return this.#refuseEnd(state, args)
    const thaw = this.#scope.state ? freeze(res) : () => {}
    const { pieces } = state
    const held: Waiting = { is: 'held', status: statusOf(res), pieces, end: args, later: [], thaw, settling: false }
    if (this.#scope.state) this.#wait(held)
    else this.#settle(held)
    return res
  }

  /** Ends in a way that node:http refuses at once; the answer stays open. */
  #refuseEnd(state: Open, args: Args): any {
    this.#state = FREE
    try {
      return this.#call('end', args)
    } finally {
      this.#state = state
    }
  }

  /** Holds an answer; settles the scope when the handler has had its time to report an error. */
  #wait(held: Waiting): void {
    this.#state = held
    this.#scope.pause()
    afterMicrotasks(() => {
      if (this.#state === held) this.#settle(held)
    })
  }

  /** Settles the scope by the status of a held answer, which then goes out, or gives way to the error of the commit. */
  #settle(held: Waiting): void {
    this.#state = held
    held.settling = true
    const settling = this.#settleScope(() => this.#commits(held.status))
    if (!settling) return this.#release(held)
    settling
      .then(
        () => this.#release(held),
        error => {
          if (this.#drop(held, error, FREE)) this.#failed(error)
        },
      )
      .catch(error => this.#res.destroy(error))
  }

  /** Sends what was held. */
  #release({ pieces, end, later, thaw }: Waiting): void {
    thaw()
    this.#state = ANSWERED
    for (const piece of pieces) this.#call('write', piece)
    this.#call('end', end)
    for (const call of later) call()
  }

  /** Drops a held answer. Whether another can be made: part of this one may have been sent, then the connection is broken. */
  #drop({ end, thaw }: Waiting, error: unknown, next: Open | Free): boolean {
    const res = this.#res
    const wasSent = this.#head === 'sent'
    thaw()
    this.#state = wasSent ? FREE : next
    if (!wasSent) this.#head = 'unsent'
    const callback = end.at(-1)
    if (typeof callback === 'function') callback(error)
    if (wasSent) sever(res)
    if (wasSent || res.destroyed) return false
    for (const name of OF_THE_ANSWER) res.removeHeader(name)
    res.statusCode = 500
    if (!isHttp2(res)) res.statusMessage = ''
    return true
  }

  isTooLate(error: unknown): boolean {
    const state = this.#state
    if (state.is === 'open') return false
    if (state.is === 'free') return state.answered
    if (state.settling) return true
    this.#scope.resume()
    if (this.#drop(state, error, { is: 'open', left: undefined, pieces: [] })) {
      // An answer that sets no status has this one.
      this.#res.statusCode = 200
      return false
    }
    // Nothing can be answered any more.
    this.#state = FREE
    this.#settleScope(() => false)
    return false
  }

  /** The connection closes: an answer that is still open is of no use any more. */
  #leave(): void {
    if (this.#state.is !== 'open') return
    this.#state = FREE
    this.#scope.abort(gone())
  }

  #settleScope(commits: () => boolean): Promise<void> | undefined {
    this.#forget()
    try {
      return this.#scope.settle(commits())
    } catch (error) {
      return Promise.resolve(this.#scope.settle(false)).then(() => Promise.reject(error))
    }
  }
}

/**
 * The arguments of a write without its callback, which is called as if the piece were written: a
 * handler that waits for the callback before it ends the answer must not wait for ever.
 */
function withoutCallback(args: Args): Args {
  const callback = args.at(-1)
  if (typeof callback !== 'function') return args
  process.nextTick(callback)
  return args.slice(0, -1)
}

/** The functions that are called when a connection closes. */
const connections = new WeakMap<object, Set<() => void>>()

/**
 * Tells when the connection of an answer closes; gives what takes that back. The answer itself is closed only when its turn
 * has come: behind another on the same connection it never hears of it.
 */
function whenClosed(res: ServerResponse, tell: () => void): () => void {
  const socket = res.req?.socket
  // Streams of HTTP/2 close one by one.
  if (!socket || isHttp2(res)) return () => {}
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
const isHttp2 = (res: ServerResponse) => 'stream' in res
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

/** Calls this when the microtasks of this turn of the event loop are done. */
function afterMicrotasks(call: () => void): void {
  // A tick that is asked for in a microtask comes when no microtask is left.
  queueMicrotask(() => process.nextTick(call))
}

/**
 * While an answer waits for its scope it counts as sent: a header that is set then comes too late.
 */
function freeze(res: ServerResponse): () => void {
  const { statusCode } = res
  // Node warns about any read of the status message of an HTTP/2 answer, which has none.
  const statusMessage = isHttp2(res) ? undefined : res.statusMessage
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
    if (statusMessage !== undefined) res.statusMessage = statusMessage
  }
}

/** The error that node:http throws. */
function tooLate(what: string): Error {
  const code = 'ERR_HTTP_HEADERS_SENT'
  return Object.assign(new Error(`Cannot ${what} headers after they are sent to the client`), { code })
}

/** Breaks the connection, so that no client takes the sent part for a whole answer. */
function sever(res: ServerResponse): void {
  const { stream } = res as { stream?: { close(code: number): void } }
  // INTERNAL_ERROR of HTTP/2.
  if (stream) return stream.close(2)
  try {
    // An answer without a length ends with its connection: only a reset shows that it was cut off.
    res.socket?.resetAndDestroy()
  } catch {
    // Not every socket can be reset; one of TLS has an end of its own.
    res.destroy()
  }
}
