/** A route that says whether the database is well, for whoever decides where requests go. */

import { checkOptions } from '../bridge/check-options.js'
import { flag, numberAboveZero, type OptionTable } from '../bridge/option-kinds.js'
import { databaseOf } from '../handle/handles.js'
import { health } from '../handle/health.js'
import type { Db, HealthBody, HealthHandler, HealthHandlerOptions } from '../types/index.js'

const OPTIONS: OptionTable<keyof HealthHandlerOptions> = { timeoutMs: numberAboveZero, allowPending: flag }

/**
 * A handler for `/health`: 200 where the database answers, else 503, with a HealthBody as JSON that no cache keeps. With
 * `allowPending: false` it is 503, too, while revisions are pending. It says nothing that strangers should not see: no URL,
 * no text of the server.
 *
 * One function for all: Express and `node:http` (`(req, res)`), Fastify (`(request, reply)`), Hono (`c`) and handlers of a
 * `Request`.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID.
 *
 * @example
 * app.get('/health', healthHandler(db))
 */
export function healthHandler(db: Db<any>, options: HealthHandlerOptions = {}): HealthHandler {
  const database = databaseOf(db)
  checkOptions({ call: 'healthHandler()' }, OPTIONS, options)
  const { timeoutMs, allowPending = true } = options
  return async (first: any, second?: any) => {
    const seen = await health(database, timeoutMs === undefined ? {} : { timeoutMs })
    const waiting = seen.status === 'ok' && !allowPending && (seen.pending?.length ?? 0) > 0
    const body: HealthBody = {
      status: waiting ? 'pending' : seen.status,
      latencyMs: seen.latencyMs,
      revision: seen.revision,
      pending: seen.pending,
      ...(seen.code !== undefined && { error: seen.code }),
    }
    return send(first, second, body.status === 'ok' ? 200 : 503, JSON.stringify(body))
  }
}

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

/** Answers in the way of whoever asks. */
function send(first: any, second: any, status: number, text: string): unknown {
  if (typeof second?.setHeader === 'function' && typeof second.end === 'function') {
    if (second.headersSent || second.destroyed) return undefined
    for (const [name, value] of Object.entries(HEADERS)) second.setHeader(name, value)
    second.statusCode = status
    second.setHeader('content-length', Buffer.byteLength(text))
    second.end(text)
    return undefined
  }
  if (typeof second?.code === 'function' && typeof second.send === 'function') {
    return second.code(status).headers(HEADERS).send(text)
  }
  if (typeof first?.body === 'function' && first.req) return first.body(text, status, HEADERS)
  return new Response(text, { status, headers: HEADERS })
}
