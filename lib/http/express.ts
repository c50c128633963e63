/** The scope of a request in Express, and wherever its middlewares go. */

import { beginScope, databaseOf } from '../handle/handles.js'
import type { Db, ExpressMiddleware, NamedScopeOptions } from '../types/index.js'
import { emitInScope } from './context.js'
import { tellErrors } from './express-errors.js'
import { hold } from './hold.js'
import { NAMED_SCOPE, routeName, scopeRules, taken } from './scope-options.js'

/**
 * Gives each request a session, as `req.db` and by `db.current()`: committed before an answer below
 * 400 goes out, else rolled back, always closed, also when the client goes away. A commit that
 * fails goes to the error handlers. The data that a response sends before its end cannot be taken
 * back: if the commit fails then, the connection is broken. An error that comes behind an answer,
 * but in the same turn of the event loop, takes its place; a later one leaves it as it is.
 *
 * Put it behind `compression()`, so that it sees the end of an answer before that does.
 *
 * Throws UNKNOWN_OPTION, QUERY_INVALID; a request fails with SCOPE_NESTED where it is used twice.
 *
 * @example
 * app.use(expressScope(db))
 * app.post('/tasks', async (req, res) => res.status(201).json(await req.db.tasks.create(req.body)))
 */
export function expressScope(db: Db<any>, options?: NamedScopeOptions): ExpressMiddleware {
  const call = 'expressScope'
  const database = databaseOf(db)
  const { commits, settings } = scopeRules(call, options, NAMED_SCOPE)
  const { as = 'db' } = options ?? {}
  return (req, res, next) => {
    let scope: ReturnType<typeof beginScope>
    try {
      scope = beginScope(
        database,
        settings(() => routeOf(req)),
      )
      if (req[as] !== undefined) {
        scope.settle(false)
        throw taken(call, as)
      }
    } catch (error) {
      return next(error)
    }
    Object.defineProperty(req, as, { configurable: true, get: () => scope.session })
    emitInScope(req, scope)
    emitInScope(res, scope)
    tellErrors(req, res, hold(res, scope, commits, next))
    scope.run(() => next())
  }
}

/** The route of a request, as far as a router has found it; else its path. */
function routeOf(req: any): string {
  const { method, baseUrl = '', route, originalUrl, url } = req
  return routeName(method, typeof route?.path === 'string' ? baseUrl + route.path : (originalUrl ?? url))
}
