/**
 * The options of a service over HTTP: the middlewares of its scopes, and its health. Their shapes
 * are those of the frameworks, which are not needed to compile.
 */

import type { ErrorCode } from '../base/error-code.js'
import type { Db, Session } from './db.js'
import type { DriftGrades } from './drift-reports.js'
import type { Signal } from './options.js'
import type { PoolUse } from './reports.js'
import type { UnfinishedRevision } from './revision-reports.js'
import type { AnySchema } from './schema.js'
import type { Isolation } from './words.js'

/** Options of `expressScope`, `fastifyScope`, `honoScope` and `fetchScope`. */
export interface HttpScopeOptions {
  /** Whether an answer of this status is committed; below 400 without it. */
  commit?: ((status: number) => boolean) | undefined
  /** How much the transaction of a session sees of others: see `SessionOptions`. */
  isolation?: Isolation | undefined
  /**
   * How many milliseconds the transaction of a session may be open while no call and no stream runs in it, 30,000 without it;
   * then it is rolled back, later calls are TIMEOUT, and the request is answered with an error, or its connection is broken.
   */
  idleTimeout?: number | undefined
  /** How many milliseconds a session may last, from when a request first asks for it; no limit without it. */
  timeout?: number | undefined
}

/** Options of `expressScope` and `honoScope`. */
export interface NamedScopeOptions extends HttpScopeOptions {
  /** The name of the session on the request (of Hono: on the context); `db` without it. For a second database. */
  as?: string | undefined
}

/** Options of `fastifyScope`. */
export interface FastifyScopeOptions extends NamedScopeOptions {
  db: Db<any>
}

/** A middleware of Express, or of what takes its middlewares. */
export type ExpressMiddleware = (req: any, res: any, next: (error?: any) => void) => void

/** A middleware of Hono. */
export type HonoMiddleware = (c: any, next: () => Promise<void>) => Promise<void>

/** The parts of a request that `fetchScope` needs. */
export interface FetchRequest {
  readonly url: string
  readonly signal?: Signal | null
}

/** The parts of an answer that `fetchScope` needs. */
export interface FetchResponse {
  readonly status: number
}

/** `Request`, where the user's TypeScript knows it. */
export type GlobalRequest = typeof globalThis extends { Request: { prototype: infer R extends FetchRequest } }
  ? R
  : FetchRequest

/** A handler of requests as `fetch` has them, with the session of its scope; `more` is what the server hands over beside the request. */
export type FetchHandler<S extends AnySchema, Req, Res, More extends unknown[]> = (
  request: Req,
  session: Session<S>,
  ...more: More
) => Res | Promise<Res>

/** Options of `healthHandler`. */
export interface HealthHandlerOptions {
  /** After so long the database counts as down; 5000 without it. */
  timeoutMs?: number | undefined
  /** The version of the application: the body then has it, and Plinth's beside it. */
  version?: string | undefined
  /** Whether a database that lacks revisions, or has one half done, is good to serve; true without it. */
  allowPending?: boolean | undefined
  /** Compares the database in the background, at most once in so many milliseconds, and puts the last result into the body. */
  drift?: { everyMs: number } | undefined
  /**
   * Which drift makes the answer 503; none without it. `destructive`: what is gone, what a repair would destroy, and what a person has
   * to decide (all grades but `safe`); `any`: also what a repair would risk nothing for. Unknown drift is none. Needs `drift`.
   */
  failOnDrift?: 'destructive' | 'any' | undefined
}

/** The answer of `healthHandler`, as JSON. */
export interface HealthBody {
  /** `pending`: it answers, but lacks revisions or one is half done, and `allowPending` is false. */
  status: 'ok' | 'pending' | 'drift' | 'down'
  /** The version of the application: the option. */
  version?: string
  /** The version of Plinth. Only with the option `version`. */
  plinthVersion?: string
  latencyMs: number
  revision: string | null
  pending: string[] | null
  /** The revision that is half done, and how far it is; null if none is, or it is not known. */
  unfinished: UnfinishedRevision | null
  /** How far the pool of connections is in use; null on SQLite. */
  pool: PoolUse | null
  /** The last comparison; null before the first has ended, and if what should be there is not stored. Only with the option `drift`. */
  drift?: (DriftGrades & { checkedAt: string }) | null
  /** Why `drift` is null. */
  driftUnknown?: string
  /** Why it is down: the code of an error, nothing that strangers should not see. */
  error?: ErrorCode
}

/** A handler of Express, `node:http`, Fastify, Hono, or of requests as `fetch` has them: it sees which by what it is called with. */
export type HealthHandler = (...args: any[]) => Promise<any>
