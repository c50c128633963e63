// The service: short links over HTTP. Each request has a session, c.get('db'); it is committed before an answer below 400 goes out, else rolled back.
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { add, type Db, type ErrorCode, healthHandler, honoScope, PlinthError, type Session } from 'plinth'
import type { Models } from './models.ts'

/** The codes of errors that the caller caused. */
const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  NOT_FOUND: 404,
  UNIQUE_VIOLATION: 409,
  VALUE_INVALID: 422,
  CURSOR_INVALID: 422,
}

/** The service on an open database. */
export function service(db: Db<Models>) {
  const app = new Hono<{ Variables: { db: Session<Models> } }>()

  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ code: 'BAD_REQUEST', message: error.message }, error.status)
    const status = error instanceof PlinthError && STATUS[error.code]
    if (status) return c.json({ code: error.code, message: error.message }, status)
    console.error(error)
    return c.json({ code: 'INTERNAL' }, 500)
  })

  app.get('/health', healthHandler(db)) // before the middleware: needs no session
  app.use(honoScope(db))

  // GET /links?after=...: the most visited first, a page at a time.
  app.get('/links', async c => {
    const after = c.req.query('after')
    return c.json(
      await c.get('db').links.page({ orderBy: { visits: 'desc', code: 'asc' }, limit: 20, ...(after && { after }) }),
    )
  })

  // POST /links: a link { code, target } or a list of them: all are created, or none.
  app.post('/links', async c => {
    const body: unknown = await c.req.json().catch(() => refuse('The body is not JSON.'))
    const created = await c.get('db').links.createMany([body].flat().map(linkOf))
    return c.json(created, 201)
  })

  app.delete('/links/:code', async c => {
    await c.get('db').links.delete(c.req.param('code')) // NOT_FOUND is 404, see above
    return c.body(null, 204)
  })

  // GET /<code>: counts the visit, and redirects. Visits at the same time are all counted.
  app.get('/:code', async c => {
    const { target } = await c.get('db').links.update(c.req.param('code'), { visits: add(1) })
    return c.redirect(target)
  })
  return app
}

/** A link of a request; columns beside code and target are not for callers. */
function linkOf(value: unknown) {
  const { code, target } = (value ?? {}) as { code?: unknown; target?: unknown }
  if (typeof code !== 'string' || !/^[\w-]+$/.test(code)) return refuse('code: expected letters and digits.')
  if (typeof target !== 'string' || !/^https?:/.test(target) || !URL.canParse(target))
    return refuse('target: expected an address that begins with http.')
  return { code, target }
}

function refuse(message: string): never {
  throw new HTTPException(400, { message })
}
