// The task board's server: an API under /api on the bundled models, /health, and the page in public/.
import { fileURLToPath } from 'node:url'
import express from 'express'
import { expressScope, healthHandler } from 'plinth'
import { createTask, setTaskStatus } from 'plinth/models'
import { Conflict, errors, Invalid, NotFound } from './errors.mjs'
import { inTitle, titled } from './titles.mjs'

const PAGE = fileURLToPath(new URL('./public', import.meta.url))

/** The Express application on an open database. */
export function service(db) {
  const app = express()
  app.disable('x-powered-by')
  app.get('/health', healthHandler(db))
  app.use('/api', api(db))
  app.use((_, res, next) => {
    // Nothing from elsewhere, and no script in the page itself: text that looks like HTML stays text.
    res.set('content-security-policy', "default-src 'self'")
    next()
  })
  app.use(express.static(PAGE))
  app.use(errors)
  return app
}

function api(db) {
  const routes = express.Router()
  routes.use(express.json())
  // Each request has a session, `req.db`: committed before an answer below 400 goes out, else rolled back.
  routes.use(expressScope(db))

  // GET /api/tasks?status=pending&q=call&limit=20&after=...: the most urgent first, a page at a time.
  routes.get('/tasks', async (req, res) => {
    const { limit = 20, after } = req.query
    const page = await req.db.tasks.page({
      where: asked(req.query),
      orderBy: { priority: 'desc', createdAt: 'desc' },
      include: COUNTED,
      limit: Math.min(Number(limit), 100),
      ...(after && { after }),
    })
    res.json(page) // { rows, next }
  })

  // GET /api/counts?q=call: how many tasks there are of each status.
  routes.get('/counts', async (req, res) => {
    const where = asked({ q: req.query.q })
    res.json(await req.db.tasks.aggregate({ where, groupBy: ['status'], count: true }))
  })

  // POST /api/tasks { title, type?, priority? }: what Plinth checks by the models is not checked again here.
  routes.post('/tasks', async (req, res) => {
    const { title, type = '', priority = 0 } = body(req)
    if (typeof title !== 'string' || !title.trim()) throw new Invalid('title', 'A task needs a title.')
    const { length } = title.trim()
    if (length > 200) throw new Invalid('title', `Use at most 200 characters, these are ${length}.`)
    storable({ title, type })
    const { id } = await createTask(req.db, {
      type: typeof type === 'string' ? type.trim() || 'todo' : type,
      priority,
      payload: titled(title.trim()),
    })
    res
      .status(201)
      .location(`/api/tasks/${id}`)
      .json(await found(req.db, id))
  })

  routes.get('/tasks/:id', async (req, res) => {
    res.json(await found(req.db, req.params.id))
  })

  // PATCH /api/tasks/:id { status, from }: `from` is the status that the caller saw. The second of
  // two gets an error.
  routes.patch('/tasks/:id', async (req, res) => {
    const { id } = req.params
    const { status, from } = body(req)
    if (status === undefined || from === undefined)
      throw new Invalid('status', 'Say status, and from: the one you saw.')
    // Changes nothing but the clock, and holds the row: another request that saw the same waits here, and then finds another status.
    const held = await req.db.tasks.updateMany({ where: { id, status: from } }, { status: from })
    if (held === 0) {
      const now = await found(req.db, id)
      throw new Conflict(`The task is ${now.status} by now.`)
    }
    await setTaskStatus(req.db, id, status)
    res.json(await found(req.db, id))
  })

  // GET /api/tasks/:id/events: what happened to it, the first first.
  routes.get('/tasks/:id/events', async (req, res) => {
    const task = await req.db.tasks.get(req.params.id, { include: { events: { orderBy: { id: 'asc' } } } })
    if (!task) throw new NotFound('There is no such task.')
    res.json(task.events)
  })

  routes.use(() => {
    throw new NotFound('There is no such route.')
  })
  return routes
}

/** With each task the number of its events. */
const COUNTED = { _count: { events: true } }

/** The condition on the tasks that a request asks for: of a status, with a text in the title, or all. */
function asked({ status, q }) {
  if (q !== undefined && typeof q !== 'string') throw new Invalid('q', 'Search for one text.')
  storable({ q })
  return { ...(status && { status }), ...(q?.trim() && inTitle(q.trim())) }
}

/** Refuses texts with NUL: SQLite would store it, PostgreSQL cannot. */
function storable(texts) {
  for (const [column, text] of Object.entries(texts)) {
    if (typeof text === 'string' && text.includes('\0'))
      throw new Invalid(column, `The ${column === 'q' ? 'search' : column} has a character that cannot be used.`)
  }
}

/** The task with this id, as the list has it. */
async function found(db, id) {
  const task = await db.tasks.get(id, { include: COUNTED })
  if (!task) throw new NotFound('There is no such task.')
  return task
}

/** The object that a request brings. */
function body(req) {
  if (typeof req.body !== 'object' || req.body === null) throw new Invalid(null, 'Send an object as application/json.')
  return req.body
}
