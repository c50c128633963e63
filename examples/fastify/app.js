// The service: notes over HTTP. Each request has a session, request.db; it is committed before an answer below 400 goes out, else rolled back.
import fastify from 'fastify'
import { fastifyScope, healthHandler, PlinthError } from 'plinth'

/** The codes that are the caller's doing. */
const STATUS = { NOT_FOUND: 404, UNIQUE_VIOLATION: 409, VALUE_INVALID: 422, CURSOR_INVALID: 422 }

/** The service on an open database. */
export function service(db, options = {}) {
  const app = fastify(options)
  app.register(fastifyScope, { db })
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof PlinthError ? (STATUS[error.code] ?? 500) : (error.statusCode ?? 500)
    if (status >= 500) request.log.error(error)
    const { code, message, columns } = error
    return reply.code(status).send(status < 500 ? { code, message, columns } : { code: 'INTERNAL' })
  })

  app.get('/health', healthHandler(db))

  // GET /notes?tag=home&after=...: the newest first, a page at a time.
  app.get('/notes', ({ db, query: { tag, after } }) =>
    db.notes.page({
      where: tag ? { tags: { some: { name: tag } } } : {},
      orderBy: { updatedAt: 'desc', id: 'desc' },
      include: { tags: true },
      limit: 20,
      ...(after && { after }),
    }),
  )

  // POST /notes { title, text?, tags? }: the note and its tags, or nothing.
  app.post('/notes', async ({ db, body }, reply) => {
    const { title, text, tags = [] } = body
    const note = await db.notes.create({ title, ...(text && { text }) })
    await db.tags.createMany(tags.map(name => ({ noteId: note.id, name })))
    return reply.code(201).send(note)
  })

  app.delete('/notes/:id', async ({ db, params }, reply) => {
    await db.notes.delete(Number(params.id)) // NOT_FOUND is 404, see above
    return reply.code(204).send()
  })
  return app
}
