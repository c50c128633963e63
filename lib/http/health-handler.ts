/** A route that reports whether the database is well, for load balancers and orchestrators. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { flag, numberAboveZero, type OptionTable, oneOf, optionsIn, required, text } from '../base/option-kinds.js'
import { version as plinthVersion } from '../base/version.js'
import { driftSeen } from '../handle/compare.js'
import { databaseOf } from '../handle/handles.js'
import { health } from '../handle/health.js'
import type { Db, HealthBody, HealthHandler, HealthHandlerOptions } from '../types/index.js'
import type { DatabaseState } from '../unit/database-state.js'

const OPTIONS: OptionTable<keyof HealthHandlerOptions> = {
  timeoutMs: numberAboveZero,
  allowPending: flag,
  drift: optionsIn({ everyMs: required(numberAboveZero) }),
  failOnDrift: oneOf(['destructive', 'any']),
  version: text,
}

/**
 * A handler for `/health`: 200 where the database answers, else 503, with a HealthBody as JSON that no cache keeps. It asks on a
 * connection of its own: a pool whose connections are all in use is `pool` in the body, and no reason for 503. With
 * `allowPending: false` it is 503, too, while revisions are pending or one is half done. With `drift` the body has what the last comparison of
 * the database found; no probe waits for one, and drift changes the status only with `failOnDrift`. With `version` it says that of
 * the application, and Plinth's. It says nothing that strangers should not see: no URL,
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
  const { timeoutMs, allowPending = true, failOnDrift, version } = options
  const versions = version === undefined ? {} : { version, plinthVersion }
  if (failOnDrift !== undefined && options.drift === undefined) {
    throw new PlinthError('QUERY_INVALID', 'healthHandler(): failOnDrift needs drift: { everyMs }.')
  }
  const watch = options.drift && new DriftWatch(database, options.drift.everyMs)
  return async (first: any, second?: any) => {
    const seen = await health(database, timeoutMs === undefined ? {} : { timeoutMs })
    const isBehind = (seen.pending?.length ?? 0) > 0 || seen.unfinished !== null
    const waiting = seen.status === 'ok' && !allowPending && isBehind
    const compared = seen.status === 'ok' ? watch?.last() : watch?.seen
    const drifted = seen.status === 'ok' && fails(compared?.drift, failOnDrift)
    const body: HealthBody = {
      status: waiting ? 'pending' : drifted ? 'drift' : seen.status,
      ...versions,
      latencyMs: seen.latencyMs,
      revision: seen.revision,
      pending: seen.pending,
      unfinished: seen.unfinished,
      pool: seen.pool,
      ...compared,
      ...(seen.code !== undefined && { error: seen.code }),
    }
    return send(first, second, body.status === 'ok' ? 200 : 503, JSON.stringify(body))
  }
}

/**
 * Whether drift makes an answer 503: any, or only what is more than safe. What is gone and what only a person can decide weighs no
 * less than what a repair would destroy.
 */
function fails(drift: HealthBody['drift'], failOn: HealthHandlerOptions['failOnDrift']): boolean {
  if (!drift || failOn === undefined) return false
  const { safe, missingData, destructive, blocked } = drift
  return missingData + destructive + blocked > 0 || (failOn === 'any' && safe > 0)
}

/** Compares a database in the background when probes come and the last comparison is old. */
class DriftWatch {
  /** The result of the last comparison, or why there is none. */
  seen: Pick<HealthBody, 'drift' | 'driftUnknown'> = unknown('No comparison has ended yet.')
  #begun = Number.NEGATIVE_INFINITY
  #running = false

  constructor(
    readonly database: DatabaseState,
    readonly everyMs: number,
  ) {}

  /** The result of the last comparison; begins the next one if it is time. */
  last() {
    if (!this.#running && performance.now() - this.#begun >= this.everyMs) void this.#compare()
    return this.seen
  }

  async #compare(): Promise<void> {
    this.#running = true
    this.#begun = performance.now()
    try {
      const report = await driftSeen(this.database)
      this.seen =
        'unknown' in report
          ? unknown(report.unknown)
          : { drift: { ...report.grades, checkedAt: new Date().toISOString() } }
    } catch (error) {
      // Its message may hold what strangers should not see.
      this.seen = unknown(`The comparison failed: ${error instanceof PlinthError ? error.code : 'INTERNAL'}.`)
    } finally {
      this.#running = false
    }
  }
}

const unknown = (driftUnknown: string) => ({ drift: null, driftUnknown })

const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }

/** Answers in the way of the framework that asks. */
function send(first: any, second: any, status: number, body: string): unknown {
  if (typeof second?.setHeader === 'function' && typeof second.end === 'function') {
    if (second.headersSent || second.destroyed) return undefined
    for (const [name, value] of Object.entries(HEADERS)) second.setHeader(name, value)
    second.statusCode = status
    second.setHeader('content-length', Buffer.byteLength(body))
    second.end(body)
    return undefined
  }
  if (typeof second?.code === 'function' && typeof second.send === 'function') {
    return second.code(status).headers(HEADERS).send(body)
  }
  if (typeof first?.body === 'function' && first.req) return first.body(body, status, HEADERS)
  return new Response(body, { status, headers: HEADERS })
}
