// The scope of a request in Fastify: what is answered is committed, whatever way the answer goes out.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fastify from 'fastify'
import { fastifyScope } from 'plinth'
import { fails } from '../support/db.mjs'
import { emails, gate, tables } from '../support/engine.mjs'
import { ask, idle, REFUSED, refuse, talk } from '../support/http.mjs'

/** A service with a scope for each request; `routes` puts more into it. */
async function service(t, routes, options) {
  const db = await tables(t)
  await refuse(db)
  const app = fastify({ forceCloseConnections: true })
  t.after(() => app.close())
  app.register(fastifyScope, { db, ...options })
  routes(app, db)
  return { db, app, url: await app.listen({ port: 0, host: '127.0.0.1' }) }
}

const create = (request, email = request.body) => request.db.users.create({ email })
const TEXT = { 'content-type': 'text/plain' }
const post = (url, path, body) => ask(url, { method: 'POST', path, body, headers: TEXT })

test('an answer below 400 is committed before it goes out, another is rolled back', async t => {
  const { db, app, url } = await service(t, (app, db) => {
    app.post('/:status', async (request, reply) => {
      assert.equal(db.current(), request.db)
      await create(request)
      assert.equal(db.current(), request.db)
      return reply.code(Number(request.params.status)).send({ ok: true })
    })
  })
  const kept = []
  for (const status of [200, 201, 204, 302, 399, 400, 404, 409, 500]) {
    const email = `of ${status}`
    assert.equal((await post(url, `/${status}`, email)).status, status)
    if (status < 400) kept.push(email)
    assert.deepEqual(await emails(db), kept)
  }
  const { statusCode } = await app.inject({ method: 'POST', url: '/201', payload: 'injected', headers: TEXT })
  assert.equal(statusCode, 201)
  assert.deepEqual(await emails(db), [...kept, 'injected'])
  await idle(db)
})

test('each way to answer waits for the commit', async t => {
  const rows = async function* (session) {
    for (const { email } of await session.users.list()) yield email
  }
  const ways = {
    returned: async () => ({ a: 1 }),
    sent: (_, reply) => reply.send('text'),
    nothing: (_, reply) => reply.code(204).send(),
    redirect: (_, reply) => reply.redirect('/elsewhere'),
    bytes: async () => Buffer.from('bytes'),
    stream: async request => Readable.from(rows(request.db)),
    'stream-with-length': async (request, reply) => {
      reply.header('content-length', 22)
      return Readable.from(rows(request.db))
    },
    web: async request => ReadableStream.from(rows(request.db)),
    response: async () => new Response('text', { status: 201 }),
    hijack: async (_, reply) => {
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'text/plain' })
      reply.raw.end('text')
    },
    raw: async (_, reply) => {
      reply.raw.end('text')
    },
  }
  const { db, url } = await service(t, app => {
    for (const [name, way] of Object.entries(ways)) {
      app.get(`/${name}`, async (request, reply) => {
        await request.db.users.deleteMany({ all: true })
        await create(request, `of ${name}${' '.repeat(19 - name.length)}`)
        return way(request, reply)
      })
    }
  })
  for (const name of Object.keys(ways)) {
    const answer = await ask(url, { path: `/${name}` })
    assert.ok(answer.status < 400, `${name}: ${answer.status} ${answer.body}`)
    assert.match((await emails(db)).join(), new RegExp(`^of ${name} *$`))
    if (/stream|web/.test(name)) assert.match(answer.body, new RegExp(`^of ${name}`))
  }
  await idle(db)
})

test('a commit that fails is an error of the request, and nothing of the answer is sent', async t => {
  const seen = []
  const routes = app => {
    app.get('/', async (request, reply) => {
      await create(request, 'beside it')
      await create(request, REFUSED)
      return reply
        .code(201)
        .header('set-cookie', 'a=b')
        .header('location', '/elsewhere')
        .header('x-request-id', '7')
        .send({ ok: true })
    })
    app.get('/raw', async (request, reply) => {
      await create(request, REFUSED)
      reply.hijack()
      reply.raw.writeHead(201, { 'content-length': 4 })
      reply.raw.end('text')
    })
    for (const [path, body] of [
      ['/stream', () => Readable.from(['a', 'b'])],
      ['/length', () => Readable.from(['a', 'b'])],
    ]) {
      app.get(path, async (request, reply) => {
        await create(request, REFUSED)
        if (path === '/length') reply.header('content-length', 2)
        return body()
      })
    }
    app.addHook('onError', async (_request, _reply, error) => {
      seen.push(error.code)
    })
  }
  const { db, url } = await service(t, routes)
  const { status, headers, body } = await ask(url)
  assert.equal(status, 500)
  assert.match(body, /"error":"Internal Server Error"/)
  assert.equal(headers['content-length'], String(body.length))
  assert.deepEqual([headers['set-cookie'], headers.location, headers['x-request-id']], [undefined, undefined, '7'])
  assert.match(seen.join(), /^(FOREIGN_KEY|CHECK)_VIOLATION$/)
  assert.equal((await ask(url, { path: '/raw' })).status, 500)
  for (const path of ['/stream', '/length']) await assert.rejects(ask(url, { path }), { code: 'ECONNRESET' }, path)
  assert.deepEqual(await emails(db), [])
  await idle(db)

  const own = await service(t, app => {
    app.setErrorHandler((error, _, reply) => reply.code(503).send({ own: error.code }))
    routes(app)
  })
  const answer = await ask(own.url)
  assert.equal(answer.status, 503)
  assert.match(answer.body, /^\{"own":"(FOREIGN_KEY|CHECK)_VIOLATION"\}$/)
})

test('errors of every kind roll back', async t => {
  const { db, url } = await service(t, app => {
    app.post('/sync', request => {
      create(request).catch(() => {})
      throw new Error('sync')
    })
    app.post('/async', async request => {
      await create(request)
      throw Object.assign(new Error('async'), { statusCode: 418 })
    })
    app.post('/sent', async (request, reply) => {
      await create(request)
      reply.send(new Error('sent'))
      return reply
    })
    app.post('/not-found', async (request, reply) => {
      await create(request)
      reply.callNotFound()
      return reply
    })
    app.post(
      '/validated',
      { schema: { body: { type: 'object' } }, preValidation: async request => create(request) },
      async () => ({}),
    )
    app.post(
      '/on-send',
      {
        onSend: async () => {
          throw new Error('on send')
        },
      },
      async request => create(request),
    )
  })
  const expected = { sync: 500, async: 418, sent: 500, 'not-found': 404, validated: 400 }
  for (const [path, status] of Object.entries(expected)) {
    assert.equal((await post(url, `/${path}`, path)).status, status, path)
    assert.deepEqual(await emails(db), [])
  }
  assert.equal((await ask(url, { path: '/nowhere' })).status, 404)
  assert.equal((await post(url, '/on-send', 'a')).status, 500)
  assert.deepEqual(await emails(db), [])
  await idle(db)
})

test('onSend hooks use the session, whenever they are registered', async t => {
  const { db, app, url } = await service(t, app => {
    app.register(async inner => {
      inner.addHook('onSend', async (request, _, payload) => {
        await create(request, 'of an inner hook')
        assert.equal(db.current(), request.db)
        return payload
      })
      inner.get('/', async request => ({ users: await request.db.users.count() }))
      inner.get('/error', async () => {
        throw Object.assign(new Error('teapot'), { statusCode: 418 })
      })
    })
    app.addHook('onSend', async (request, reply, payload) => {
      reply.header('x-users', await request.db.users.count())
      await new Promise(setImmediate)
      await create(request, 'of a hook')
      return payload.toUpperCase()
    })
  })
  const answer = await ask(url)
  assert.deepEqual([answer.status, answer.headers['x-users'], answer.body], [200, '1', '{"USERS":0}'])
  assert.deepEqual(await emails(db), ['of an inner hook', 'of a hook'])
  assert.equal((await app.inject('/error')).statusCode, 418)
  assert.equal((await ask(url)).status, 500, 'the emails are taken')
  assert.deepEqual(await emails(db), ['of an inner hook', 'of a hook'])
  await idle(db)
})

test('an error behind the answer leaves it as it is, and the row is kept', async t => {
  const { db, url } = await service(t, app => {
    app.get('/throw', (request, reply) => {
      create(request, 'throw').catch(() => {})
      reply.send({ ok: true })
      throw new Error('no')
    })
    app.get('/reject', async (request, reply) => {
      await create(request, 'reject')
      reply.code(201).send({ ok: true })
      throw new Error('no')
    })
    app.get('/late', async (request, reply) => {
      await create(request, 'late')
      reply.send({ ok: true })
      await new Promise(resolve => setTimeout(resolve, 20))
      throw new Error('no')
    })
  })
  for (const [path, status] of Object.entries({ throw: 200, reject: 201, late: 200 })) {
    const answer = await ask(url, { path: `/${path}` })
    assert.deepEqual([answer.status, answer.body], [status, '{"ok":true}'], path)
  }
  assert.deepEqual(await emails(db), ['throw', 'reject', 'late'])
  await idle(db)
})

test('a client that goes away takes its session with it, also where the handler never ends', async t => {
  const begun = []
  const { db, url } = await service(t, app => {
    app.post('/:way', async (request, reply) => {
      await create(request)
      begun.shift()()
      if (request.params.way === 'hangs') return new Promise(() => {})
      if (request.params.way === 'streams') {
        return Readable.from(
          (async function* () {
            yield 'a piece'
            await once(reply.raw, 'close')
          })(),
        )
      }
      await once(reply.raw, 'close')
      await fails(() => request.db.users.count(), { code: 'ABORTED', message: /client disconnected/ })
      return { ok: true }
    })
  })
  for (const way of ['hangs', 'waits', 'streams']) {
    const wait = gate()
    begun.push(wait.open)
    const text = `POST /${way} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\na`
    const { socket, until } = await talk(url, text)
    await wait.passed
    if (way === 'streams') await until(/a piece/)
    socket.destroy()
    await idle(db)
    assert.deepEqual(await emails(db), [])
  }
})

test('it is there in every plugin; twice it is refused, and a second database has a name of its own', async t => {
  const { db, url } = await service(t, app => {
    app.register(async inner => {
      inner.get('/inner', async request => (await create(request, 'inner')).email)
    })
  })
  assert.equal((await ask(url, { path: '/inner' })).body, 'inner')
  assert.deepEqual(await emails(db), ['inner'])

  const other = await tables(t)
  const app = fastify()
  t.after(() => app.close())
  await app.register(fastifyScope, { db })
  await fails(() => app.register(fastifyScope, { db }), { code: 'SCOPE_NESTED' })
  const two = fastify()
  t.after(() => two.close())
  await two.register(fastifyScope, { db })
  await fails(() => two.register(fastifyScope, { db, as: 'again' }), { code: 'SCOPE_NESTED' })
  const third = fastify()
  t.after(() => third.close())
  await third.register(fastifyScope, { db })
  await fails(() => third.register(fastifyScope, { db: other }), { code: 'QUERY_INVALID', hint: /as/ })
  const both = fastify()
  t.after(() => both.close())
  await both.register(fastifyScope, { db })
  await both.register(fastifyScope, { db: other, as: 'reports' })
  both.get('/', async request => {
    await request.reports.users.create({ email: 'b' })
    assert.equal(other.current(), request.reports)
    return create(request, 'a')
  })
  assert.equal((await both.inject('/')).statusCode, 200)
  assert.deepEqual([await emails(db), await emails(other)], [['inner', 'a'], ['b']])
  await idle(db)
  await idle(other)
})

test('the answers that are committed can be chosen; invalid options are refused', async t => {
  const { db, url } = await service(
    t,
    app => {
      app.post('/:status', async (request, reply) => {
        await create(request)
        return reply.code(Number(request.params.status)).send('')
      })
    },
    { commit: status => status === 409 },
  )
  for (const status of [200, 409, 500]) assert.equal((await post(url, `/${status}`, `${status}`)).status, status)
  assert.deepEqual(await emails(db), ['409'])
  for (const [options, expected] of [
    [{}, { code: 'QUERY_INVALID', hint: /register/ }],
    [{ db: {} }, { code: 'QUERY_INVALID' }],
    [{ db, commit: 400 }, { code: 'QUERY_INVALID' }],
    [{ db, as: '' }, { code: 'QUERY_INVALID' }],
    [{ db, comit: 1 }, { code: 'UNKNOWN_OPTION' }],
  ]) {
    const app = fastify()
    t.after(() => app.close())
    await fails(() => app.register(fastifyScope, options), expected)
  }
})

test('streams of HTTP/2 have a scope each, and Node has no reason to warn', async t => {
  const warnings = []
  const warn = warning => warnings.push(warning.message)
  process.on('warning', warn)
  t.after(() => process.off('warning', warn))
  const db = await tables(t)
  await refuse(db)
  const app = fastify({ http2: true, forceCloseConnections: true })
  t.after(() => app.close())
  app.register(fastifyScope, { db })
  app.get('/:email', async request => create(request, request.params.email))
  app.get('/stream/:email', async request => {
    await create(request, request.params.email)
    return Readable.from(['a', 'b'])
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const client = connect(url)
  t.after(() => client.close())
  const get = path =>
    new Promise((resolve, reject) => {
      const stream = client.request({ ':path': path })
      let status
      stream.on('response', headers => {
        status = headers[':status']
      })
      stream.on('error', reject)
      stream.on('end', () => resolve(status))
      stream.resume()
    })
  assert.deepEqual(await Promise.all([get('/a'), get('/b'), get('/stream/c')]), [200, 200, 200])
  assert.deepEqual((await emails(db)).toSorted(), ['a', 'b', 'c'])
  const refused = encodeURIComponent(REFUSED)
  assert.equal(await get(`/${refused}`), 500)
  await assert.rejects(get(`/stream/${refused}`), /INTERNAL_ERROR/)
  assert.deepEqual((await emails(db)).toSorted(), ['a', 'b', 'c'])
  await new Promise(setImmediate)
  assert.deepEqual(warnings, [])
  await idle(db)
})
