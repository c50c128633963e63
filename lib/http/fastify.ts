/** The scope of a request in Fastify. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { anything, type OptionTable, required } from '../base/option-kinds.js'
import { beginScope, databaseHandle, databaseOf } from '../handle/handles.js'
import type { FastifyScopeOptions } from '../types/index.js'
import type { DatabaseState } from '../unit/database-state.js'
import { nested, type RequestScope } from '../unit/request-scope.js'
import { emitInScope } from './context.js'
import { hold } from './hold.js'
import { NAMED_SCOPE, OF_THE_ANSWER, routeName, scopeRules, taken } from './scope-options.js'

type Done = (error?: unknown, payload?: unknown) => void

/** The parts of Fastify that are used here. */
interface App {
  addHook(name: string, hook: (request: Request, reply: Reply, ...rest: any[]) => void): unknown
  decorateRequest(name: string, value: unknown): unknown
  hasRequestDecorator(name: string): boolean
}
interface Request {
  readonly raw: IncomingMessage
  readonly method: string
  readonly url: string
  readonly routeOptions?: { readonly url?: string | undefined } | undefined
}
interface Reply {
  readonly raw: ServerResponse
  readonly sent: boolean
  removeHeader(name: string): unknown
  send(payload: unknown): unknown
}

/** Which databases have their scopes in an application: what is registered twice is found when the application starts. */
const installed = new WeakMap<object, DatabaseState[]>()

/** The last three are options of Fastify's own, which `register` hands on. */
const OPTIONS: OptionTable<keyof FastifyScopeOptions | 'prefix' | 'logLevel' | 'logSerializers'> = {
  db: required({ ...databaseHandle, hint: 'Write app.register(fastifyScope, { db }).' }),
  ...NAMED_SCOPE,
  prefix: anything,
  logLevel: anything,
  logSerializers: anything,
}

/**
 * Gives each request a session, as `request.db` and by `db.current()`: committed before an answer below 400 goes out, else
 * rolled back, always closed, also when the client goes away. A commit that fails is an error of the request. A body that is a
 * stream is sent while the session lasts, and committed before its end; where that fails, the connection is broken.
 *
 * Registering fails with UNKNOWN_OPTION, QUERY_INVALID, and SCOPE_NESTED where it is done twice.
 *
 * @example
 * app.register(fastifyScope, { db })
 * app.post('/tasks', async (request, reply) => reply.code(201).send(await request.db.tasks.create(request.body)))
 */
export function fastifyScope(app: any, options: FastifyScopeOptions, done: (error?: Error) => void): void {
  try {
    install(app, 'fastifyScope', options)
  } catch (error) {
    return done(error as Error)
  }
  done()
}

Object.assign(fastifyScope, {
  // For the application as a whole, not only for what is registered in here.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'plinth',
  [Symbol.for('plugin-meta')]: { name: 'plinth', fastify: '>=5' },
})

function install(app: App, call: string, options: FastifyScopeOptions): void {
  const { commits, settings } = scopeRules(call, options, OPTIONS)
  const { db, as = 'db' } = options
  const database = databaseOf(db)
  const databases = installed.get(app) ?? []
  if (databases.includes(database)) throw nested()
  if (app.hasRequestDecorator(as)) throw taken(call, as)
  installed.set(app, [...databases, database])
  app.decorateRequest(as, null)

  const scopes = new WeakMap<object, RequestScope>()

  app.addHook('onRequest', (request, reply, done: Done) => {
    let scope: RequestScope
    try {
      scope = beginScope(
        database,
        settings(() => routeOf(request)),
      )
    } catch (error) {
      return done(error)
    }
    Object.defineProperty(request, as, { configurable: true, get: () => scope.session })
    scopes.set(request, scope)
    emitInScope(request.raw, scope)
    emitInScope(reply.raw, scope)
    hold(reply.raw, scope, commits, error => refuse(reply, error))
    scope.run(() => done())
  })

  // A body parser calls on from the events of the socket, outside of the scope.
  app.addHook('preValidation', (request, _, done: Done) => {
    const scope = scopes.get(request)
    if (scope && !scope.ended) scope.run(() => done())
    else done()
  })
}

/**
 * The answer of a request whose commit fails: an error of the request, unless Fastify has let go of
 * it (`reply.hijack()`).
 */
function refuse(reply: Reply, error: unknown): void {
  if (reply.sent) return apologize(reply.raw)
  for (const name of OF_THE_ANSWER) reply.removeHeader(name)
  reply.send(error)
}

/** The route of a request; if it has none, its path. */
function routeOf({ method, routeOptions, url }: Request): string {
  return routeName(method, routeOptions?.url ?? url)
}

/** The answer in place of one that Fastify has let go of already (`reply.hijack()`). */
function apologize(res: ServerResponse): void {
  res.setHeader('content-type', 'application/json; charset=utf-8')
  res.end('{"statusCode":500,"error":"Internal Server Error"}')
}
