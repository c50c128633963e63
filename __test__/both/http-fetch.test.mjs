// The scope of a request in Hono, and in handlers of requests as fetch has them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { fetchScope, honoScope } from 'plinth'
import { fails } from '../support/db.mjs'
import { emails, gate, tables } from '../support/engine.mjs'
import { fetchServer, idle, listening, REFUSED, refuse, talk } from '../support/http.mjs'

const at = (path, more) => new Request(`http://localhost${path}`, more)
const VIOLATION = /^(FOREIGN_KEY|CHECK)_VIOLATION$/

test('fetchScope commits answers below 400, and gives them when that is done', async t => {
  const db = await tables(t)
  await refuse(db)
  const handle = fetchScope(db, async (request, session, context) => {
    const { searchParams } = new URL(request.url)
    await session.users.create({ email: searchParams.get('email') })
    assert.equal(db.current(), session)
    if (searchParams.has('throw')) throw new Error('thrown')
    return Response.json({ context }, { status: Number(searchParams.get('status') ?? 200) })
  })
  const kept = []
  for (const status of [200, 201, 399, 400, 404, 500]) {
    const answer = await handle(at(`/?email=${status}&status=${status}`), { params: 1 })
    assert.equal(answer.status, status)
    assert.deepEqual(await answer.json(), { context: { params: 1 } })
    if (status < 400) kept.push(`${status}`)
    assert.deepEqual(await emails(db), kept)
  }
  await assert.rejects(handle(at('/?email=a&throw')), /thrown/)
  await fails(() => handle(at(`/?email=${encodeURIComponent(REFUSED)}`)), { code: VIOLATION })
  assert.deepEqual(await emails(db), kept)
  await idle(db)
})

test('fetchScope refuses a handler that is none, that answers nothing, and one inside another', async t => {
  const db = await tables(t)
  for (const none of [undefined, null, {}, 'SELECT 1'])
    await fails(() => fetchScope(db, none), { code: 'QUERY_INVALID', hint: /fetchScope\(db, async/ })
  await fails(() => fetchScope({}, async () => {}), { code: 'QUERY_INVALID' })
  await fails(() => fetchScope(db, async () => {}, { comit: 1 }), { code: 'UNKNOWN_OPTION' })
  await fails(() => fetchScope(db, async () => {}, { commit: 1 }), { code: 'QUERY_INVALID' })
  for (const answer of [undefined, null, 200, 'ok', {}, { status: '200' }]) {
    const handle = fetchScope(db, async (_, session) => {
      await session.users.create({ email: 'a' })
      return answer
    })
    await fails(() => handle(at('/')), { code: 'QUERY_INVALID', message: /no Response/ })
  }
  const inner = fetchScope(db, async () => new Response())
  const outer = fetchScope(db, request => inner(request))
  await fails(() => outer(at('/')), { code: 'SCOPE_NESTED' })
  assert.equal((await inner(at('/'))).status, 200)
  assert.deepEqual(await emails(db), [])
  await idle(db)
})

test('a request whose signal fires is rolled back, also where its handler never ends', async t => {
  const db = await tables(t)
  for (const hangs of [true, false]) {
    const begun = gate()
    const stop = new AbortController()
    const handle = fetchScope(db, async (request, session) => {
      await session.users.create({ email: 'a' })
      begun.open()
      if (hangs) await new Promise(() => {})
      await new Promise(resolve => request.signal.addEventListener('abort', resolve))
      await fails(() => session.users.count(), { code: 'ABORTED', message: /client disconnected/ })
      return new Response()
    })
    const answer = handle(at('/', { signal: stop.signal }))
    await begun.passed
    stop.abort()
    await idle(db)
    assert.deepEqual(await emails(db), [])
    if (!hangs) assert.equal((await answer).status, 200)
  }
  // Before it begins.
  const late = fetchScope(db, async (_, session) => {
    await fails(() => session.users.count(), { code: 'ABORTED', message: /client disconnected/ })
    return new Response()
  })
  await late(at('/', { signal: AbortSignal.abort() }))
})

test('over HTTP a client that goes away takes its session with it', async t => {
  const db = await tables(t)
  const begun = gate()
  const handle = fetchScope(db, async (_, session) => {
    await session.users.create({ email: 'a' })
    begun.open()
    await new Promise(() => {})
  })
  const { socket } = await talk(await listening(t, fetchServer(handle)), 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await begun.passed
  socket.destroy()
  await idle(db)
  assert.deepEqual(await emails(db), [])
})

test('honoScope commits answers below 400 before they are given', async t => {
  const db = await tables(t)
  await refuse(db)
  const app = new Hono()
  const seen = []
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse()
    seen.push(error.code ?? error.message)
    return c.json({ code: error.code }, 500)
  })
  app.use(honoScope(db))
  app.get('/status/:status', async c => {
    await c.get('db').users.create({ email: c.req.param('status') })
    assert.equal(db.current(), c.get('db'))
    return c.json({}, Number(c.req.param('status')))
  })
  app.get('/throws', async c => {
    await c.get('db').users.create({ email: 'thrown' })
    throw new Error('thrown')
  })
  app.get('/exception', async c => {
    await c.get('db').users.create({ email: 'exception' })
    throw new HTTPException(401, { message: 'no' })
  })
  app.get('/missing', async (c, next) => {
    await c.get('db').users.create({ email: 'missing' })
    await next()
  })
  app.get('/refused', async c => {
    await c.get('db').users.create({ email: REFUSED })
    c.header('set-cookie', 'a=b')
    c.header('x-request-id', '7')
    return c.redirect('/elsewhere')
  })
  const kept = []
  for (const status of [200, 201, 302, 400, 404, 500]) {
    assert.equal((await app.request(`/status/${status}`)).status, status)
    if (status < 400) kept.push(`${status}`)
    assert.deepEqual(await emails(db), kept)
  }
  for (const [path, status] of Object.entries({ throws: 500, exception: 401, missing: 404, nowhere: 404 }))
    assert.equal((await app.request(`/${path}`)).status, status, path)
  const refused = await app.request('/refused')
  assert.equal(refused.status, 500)
  assert.match((await refused.json()).code, VIOLATION)
  assert.deepEqual(
    ['set-cookie', 'location', 'x-request-id'].map(name => refused.headers.get(name)),
    [null, null, '7'],
  )
  assert.deepEqual(seen.slice(0, 1), ['thrown'])
  assert.deepEqual(await emails(db), kept)
  await idle(db)
})

test('honoScope lets go of a request whose client has gone', async t => {
  const db = await tables(t)
  const begun = gate()
  const app = new Hono()
  app.use(honoScope(db))
  app.get('/', async c => {
    await c.get('db').users.create({ email: 'a' })
    begun.open()
    await new Promise(() => {})
  })
  const url = await listening(
    t,
    fetchServer(request => app.fetch(request)),
  )
  const { socket } = await talk(url, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await begun.passed
  socket.destroy()
  await idle(db)
  assert.deepEqual(await emails(db), [])
})

test('honoScope is used once for a database, and its options are checked', async t => {
  const db = await tables(t)
  const other = await tables(t)
  const codes = []
  const service = (...middlewares) => {
    const app = new Hono()
    app.onError((error, c) => {
      codes.push(error.code)
      return c.text('', 500)
    })
    app.use(...middlewares)
    app.get('/', async c => {
      await c.get('db').users.create({ email: 'a' })
      await c.get('reports')?.users.create({ email: 'b' })
      return c.text('')
    })
    return app.request('/')
  }
  assert.equal((await service(honoScope(db), honoScope(db))).status, 500)
  assert.equal((await service(honoScope(db), honoScope(other))).status, 500)
  assert.deepEqual(codes, ['SCOPE_NESTED', 'QUERY_INVALID'])
  assert.equal((await service(honoScope(db), honoScope(other, { as: 'reports' }))).status, 200)
  assert.deepEqual([await emails(db), await emails(other)], [['a'], ['b']])
  await fails(() => honoScope(), { code: 'QUERY_INVALID' })
  await fails(() => honoScope(db, { as: 1 }), { code: 'QUERY_INVALID' })
  await fails(() => honoScope(db, { db }), { code: 'UNKNOWN_OPTION' })
  await idle(db)
})
