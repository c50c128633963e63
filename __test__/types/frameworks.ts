/** That the middlewares and the health handler fit where services put them: Fastify's and Hono's own types, and Express' as it declares them. */

import { createServer } from 'node:http'
import fastify from 'fastify'
import { Hono } from 'hono'
import {
  type Db,
  expressScope,
  fastifyScope,
  fetchScope,
  type HealthBody,
  healthHandler,
  honoScope,
  type Session,
} from 'plinth'
import { db, is, type models, type Same } from './fixture.js'

/** The declarations of @types/express for its middlewares, in short. */
interface ExpressRequest {
  params: Record<string, string>
  db: Session<typeof models>
}
interface ExpressResponse {
  status(code: number): this
  json(body: unknown): this
}
type RequestHandler = (
  req: ExpressRequest,
  res: ExpressResponse,
  next: (error?: unknown) => void,
) => void | Promise<void>
interface Express {
  use(...handlers: RequestHandler[]): this
  get(path: string, ...handlers: RequestHandler[]): this
}

declare module 'fastify' {
  interface FastifyRequest {
    db: Session<typeof models>
  }
}

export function services(express: Express, loose: Db) {
  express.use(
    expressScope(db),
    expressScope(loose, { as: 'reports', commit: status => status < 500, idleTimeout: 1000, timeout: undefined }),
  )
  express.get(
    '/health',
    healthHandler(db, {
      timeoutMs: 100,
      allowPending: false,
      version: '1.2.3',
      drift: { everyMs: 1000 },
      failOnDrift: 'any',
    }),
  )

  const app = fastify()
  app.register(fastifyScope, { db })
  app.register(fastifyScope, { db: loose, as: 'reports', prefix: '/x', commit: () => true })
  app.get('/health', healthHandler(db))
  app.get('/users', async request => {
    const rows = await request.db.users.list()
    is<Same<(typeof rows)[0]['role'], 'admin' | 'member' | 'viewer'>>()
    return rows
  })

  const hono = new Hono<{ Variables: { db: Session<typeof models> } }>()
  hono.use(honoScope(db))
  hono.get('/health', healthHandler(db))
  hono.get('/users', async c => c.json(await c.get('db').users.get(1)))

  createServer(healthHandler(db))
  const scope = expressScope(db)
  createServer((req, res) => scope(req, res, () => res.end()))
}

export async function fetching(request: Request, body: HealthBody) {
  const one = fetchScope(db, async (given, session) => {
    is<Same<typeof given, Request>>()
    return Response.json(await session.users.get(Number(new URL(given.url).searchParams.get('id'))))
  })
  const response: Response = await one(request)
  const more = fetchScope(db, async (_given: Request, session, context: { params: { id: number } }) =>
    Response.json(await session.users.get(context.params.id)),
  )
  const answer: Response = await healthHandler(db)(request)
  return [response, await more(request, { params: { id: 1 } }), answer, body.pending?.[0]]
}

export async function scopes() {
  const email: string = await db.scope(async session => (await session.users.get(1))?.email ?? '', {
    timeout: 1000,
    idleTimeout: 100,
    isolation: 'serializable',
  })
  const session: Session<typeof models> = db.current()
  const { revision, pending, pool, code } = await db.health()
  const waiting: number | undefined = pool?.waiting
  is<Same<[typeof revision, typeof pending], [string | null, string[] | null]>>()
  const later: Promise<number> = db.afterScope(() => db.users.count())
  const now: number = db.afterScope(() => 1)
  return [email, session, revision, pending, waiting, code, later, now]
}
