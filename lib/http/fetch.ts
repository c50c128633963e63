/** The scope of a request in Hono, and in handlers of requests as `fetch` has them: Bun, Deno, Next.js, edge servers. */

import { PlinthError } from '../base/errors.js'
import { isRunnable } from '../base/functions.js'
import { shown } from '../base/shown.js'
import { beginScope, databaseOf } from '../handle/handles.js'
import type {
  AnySchema,
  Db,
  FetchHandler,
  FetchRequest,
  FetchResponse,
  GlobalRequest,
  HonoMiddleware,
  HttpScopeOptions,
  NamedScopeOptions,
} from '../types/index.js'
import { type RequestScope, within } from '../unit/request-scope.js'
import { gone, NAMED_SCOPE, OF_THE_ANSWER, routeName, SCOPE, scopeRules, taken } from './scope-options.js'

/** Answers in a scope, which is given up when the client goes away. The handler goes on, and learns it from its next call. */
async function answered<T>(
  scope: RequestScope,
  signal: AbortSignal | null | undefined,
  work: () => T | Promise<T>,
  keep: (result: T) => boolean,
): Promise<T> {
  const onAbort = () => scope.abort(gone())
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await within(scope, work, keep)
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * Gives each request a session, as `c.get('db')` and by `db.current()`: committed before an answer below 400 goes out, else
 * rolled back, always closed, also when the client goes away. A commit that fails goes to `app.onError`. The session ends
 * before the body is sent: a body that is a stream reads from the database itself.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; a request fails with SCOPE_NESTED where it is used twice.
 *
 * @example
 * const app = new Hono<{ Variables: { db: Session<typeof models> } }>()
 * app.use(honoScope(db))
 * app.post('/tasks', async c => c.json(await c.get('db').tasks.create(await c.req.json()), 201))
 */
export function honoScope(db: Db<any>, options?: NamedScopeOptions): HonoMiddleware {
  const call = 'honoScope'
  const database = databaseOf(db)
  const { commits, settings } = scopeRules(call, options, NAMED_SCOPE)
  const { as = 'db' } = options ?? {}
  return async (c, next) => {
    const scope = beginScope(
      database,
      settings(() => routeOfContext(c)),
    )
    if (c.get(as) !== undefined) {
      scope.settle(false)
      throw taken(call, as)
    }
    c.set(as, scope.session)
    let reached = false
    const status = () => {
      reached = true
      return commits(c.res.status)
    }
    try {
      await answered(scope, c.req.raw.signal, next, status)
    } catch (error) {
      // The error is answered with what this one leaves.
      if (reached) for (const name of OF_THE_ANSWER) c.header(name, undefined)
      throw error
    }
  }
}

/**
 * A handler of requests that is given a session: committed before an answer below 400 is returned, else rolled back, always
 * closed, also when `request.signal` says that the client went away. A commit that fails rejects. The session ends before the
 * body is sent: a body that is a stream reads from the database itself.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; the handler rejects with SCOPE_NESTED inside another scope.
 *
 * @example
 * export default { fetch: fetchScope(db, async (request, session) => Response.json(await session.tasks.list())) }
 */
export function fetchScope<
  S extends AnySchema,
  Req extends FetchRequest = GlobalRequest,
  Res extends FetchResponse = FetchResponse,
  More extends unknown[] = [],
>(
  db: Db<S>,
  handler: FetchHandler<S, Req, Res, More>,
  options?: HttpScopeOptions,
): (request: Req, ...more: More) => Promise<Res> {
  const call = 'fetchScope'
  const database = databaseOf(db)
  if (!isRunnable(handler)) {
    throw new PlinthError('QUERY_INVALID', `${call}() expected a handler, found ${shown(handler)}.`, {
      hint: 'Write fetchScope(db, async (request, session) => Response.json(await session.tasks.list())).',
    })
  }
  const { commits, settings } = scopeRules(call, options, SCOPE)
  return async (request, ...more) => {
    const scope = beginScope(
      database,
      settings(() => routeOf(request)),
    )
    const work = () => (handler as (...args: unknown[]) => Res | Promise<Res>)(request, scope.session, ...more)
    return answered(scope, request?.signal, work, answer => {
      if (typeof answer?.status === 'number') return commits(answer.status)
      throw new PlinthError('QUERY_INVALID', `The handler of ${call}() gave no Response, but ${shown(answer)}.`)
    })
  }
}

/** The path of a request. */
function routeOf(request: { readonly method?: unknown; readonly url?: unknown }): string {
  const url = String(request?.url)
  return routeName(request?.method ?? 'GET', URL.canParse(url) ? new URL(url).pathname : url)
}

/** The route of a context of Hono; where only a middleware was found yet, its path. */
function routeOfContext({ req }: any): string {
  return routeName(req.method, /^(\/?\*)?$/.test(req.routePath ?? '') ? req.path : req.routePath)
}
