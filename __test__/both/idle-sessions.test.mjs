// Sessions that a slow answer or request holds: their holdings, when they are rolled back, and the
// error of their client.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expressScope, fastifyScope, fetchScope, healthHandler, honoScope, initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl, PLACES } from '../support/dialect.mjs'
import { emails, gate, models, opened, tables } from '../support/engine.mjs'
import { ask, endless, fetchServer, idle, listening, talk } from '../support/http.mjs'

/** A body as text, which may come slowly. */
const read = async body => {
  let text = ''
  for await (const piece of body) text += Buffer.from(piece)
  return text
}

const BYTES = { 'content-type': 'application/octet-stream' }

/** A service in each framework that writes first and then reads an upload, as a session that may idle for so long. */
const uploads = {
  express: async (t, db, idleTimeout, wrote) => {
    const app = express().set('env', 'test')
    app.use(expressScope(db, { idleTimeout }))
    app.post('/upload', async (req, res) => {
      await req.db.users.create({ email: 'upload' })
      wrote()
      res.json(await read(req))
    })
    return listening(t, createServer(app))
  },
  fastify: async (t, db, idleTimeout, wrote) => {
    const app = fastify()
    t.after(() => app.close())
    app.register(fastifyScope, { db, idleTimeout })
    app.addContentTypeParser('*', (_, payload, done) => done(null, payload))
    app.post('/upload', async request => {
      await request.db.users.create({ email: 'upload' })
      wrote()
      return await read(request.body)
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    return `http://127.0.0.1:${app.server.address().port}`
  },
  hono: async (t, db, idleTimeout, wrote) => {
    const app = new Hono()
    app.use(honoScope(db, { idleTimeout }))
    app.onError((error, c) => c.text(error.code, 500))
    app.post('/upload', async c => {
      await c.get('db').users.create({ email: 'upload' })
      wrote()
      return c.text(await read(c.req.raw.body))
    })
    return listening(t, fetchServer(app.fetch))
  },
  fetch: async (t, db, idleTimeout, wrote) => {
    const handler = async (request, session) => {
      await session.users.create({ email: 'upload' })
      wrote()
      return new Response(await read(request.body))
    }
    return listening(t, fetchServer(fetchScope(db, handler, { idleTimeout })))
  },
}

for (const [name, serve] of Object.entries(uploads)) {
  test(`a slow upload in ${name} that wrote first is rolled back: others write, and its answer is an error`, async t => {
    const db = await tables(t)
    const wrote = gate()
    const url = await serve(t, db, 300, wrote.open)
    const upload = send(`${url}/upload`, { method: 'POST', headers: BYTES })
    const answered = once(upload, 'response')
    upload.write('first half')
    await wrote.passed
    await db.users.create({ email: 'other' })
    await idle(db)
    upload.end('second half')
    const [response] = await answered
    assert.equal(response.statusCode, 500)
    response.resume()
    assert.deepEqual(await emails(db), ['other'])
    const quick = await ask(url, {
      method: 'POST',
      path: '/upload',
      body: 'all',
      headers: BYTES,
    })
    assert.equal(quick.status, 200)
    assert.deepEqual(await emails(db), ['other', 'upload'])
  })
}

test('an answer that was begun before its session was rolled back breaks its connection', async t => {
  const db = await tables(t)
  const app = express().set('env', 'test')
  app.use(expressScope(db, { idleTimeout: 100 }))
  const errors = []
  app.get('/', async (req, res) => {
    await req.db.users.create({ email: 'a' })
    res.write('begun')
    await sleep(400)
    await req.db.users.count().catch(({ code }) => errors.push(code))
    res.end('ended')
  })
  const { closed } = await talk(await listening(t, createServer(app)), 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const heard = await closed
  assert.match(heard, /begun/)
  assert.doesNotMatch(heard, /ended|\r\n0\r\n/)
  assert.deepEqual(errors, ['TIMEOUT'])
  assert.equal(await db.users.count(), 0)
})

test('event streams whose handler read one row hold no connection, and the service is well', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = opened(t, url, { pool: { size: 5, acquireTimeoutMs: 2000 } })
  const app = express().set('env', 'test')
  app.get('/health', healthHandler(db))
  app.use(expressScope(db))
  app.get('/events', async (req, res) => {
    const [row] = await req.db.users.list({ limit: 1 })
    res.setHeader('content-type', 'text/event-stream')
    res.write(`data: ${JSON.stringify(row ?? null)}\n\n`)
  })
  app.get('/users', async (req, res) => res.json(await req.db.users.list()))
  app.post('/users', async (req, res) => res.status(201).json(await req.db.users.create({ email: 'a' })))
  const at = await listening(t, createServer(app))
  const streams = await Promise.all(
    Array.from({ length: 6 }, () => talk(at, 'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n')),
  )
  await Promise.all(streams.map(({ until }) => until(/data: null/)))
  for (const [method, path, status] of [
    ['GET', '/users', 200],
    ['POST', '/users', 201],
    ['GET', '/health', 200],
  ]) {
    assert.equal((await ask(at, { method, path })).status, status, `${method} ${path}`)
  }
  const { pool } = await db.health()
  assert.equal(pool?.used ?? 0, 0)
  for (const { socket } of streams) socket.destroy()
  await idle(db)
})

for (const place of PLACES) {
  test(`a session in a ${place} that idles in its transaction is rolled back, and its calls are TIMEOUT`, async t => {
    const db = await tables(t, place)
    const session = db.session({ idleTimeout: 100 })
    assert.equal(await session.users.count(), 0)
    await sleep(300)
    await session.users.create({ email: 'first' })
    await session.commit()
    await sleep(300)
    await session.users.create({ email: 'second' })
    await sleep(300)
    const late = { code: 'TIMEOUT', message: /100 ms no call/, hint: /idleTimeout/, mayHaveCommitted: false }
    await fails(() => session.users.count(), late)
    await fails(() => session.users.create({ email: 'third' }), late)
    await fails(() => session.transaction(async () => {}), late)
    await fails(() => session.sql`SELECT 1`, late)
    await fails(() => session.commit(), late)
    await session.close()
    await db.users.create({ email: 'other' })
    assert.deepEqual(await emails(db), ['first', 'other'])
  })

  test(`a nested transaction in a ${place} whose function idles rejects, though its function never ends`, async t => {
    const db = await tables(t, place)
    const never = new Promise(() => {})
    // A session does not keep the process alive.
    const alive = setInterval(() => {}, 1000)
    t.after(() => clearInterval(alive))
    const late = { code: 'TIMEOUT', message: /100 ms no call/ }
    const nested = session =>
      session.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        await never
      })
    const session = db.session({ idleTimeout: 100 })
    await fails(() => nested(session), late)
    await session.close()
    await fails(() => db.scope(nested, { idleTimeout: 100 }), late)
    // The commit waits for a function that does not end.
    const waiting = db.session({ idleTimeout: 100 })
    nested(waiting).catch(() => {})
    await fails(() => waiting.commit(), late)
    await fails(() => db.scope(async session => void nested(session).catch(() => {}), { idleTimeout: 100 }), late)
    assert.equal(await db.users.count(), 0)
  })

  test(`calls and streams that take longer than the idle timeout in a ${place} are left alone`, async t => {
    const db = await tables(t, place)
    await db.users.createMany(Array.from({ length: 5 }, (_, i) => ({ email: `${i}` })))
    const session = db.session({ idleTimeout: 200 })
    await session.users.create({ email: 'mine' })
    let rows = 0
    for await (const _ of session.users.stream({ batch: 1 })) {
      rows++
      await sleep(100)
    }
    assert.equal(rows, 6)
    // The last batch, which is the only one here, has crossed long before its last row is taken.
    for await (const _ of session.users.stream()) {
      rows++
      await sleep(100)
    }
    assert.equal(rows, 12)
    await session.users.count()
    await fails(() => endless(session.with({ timeout: 500 })), { code: 'TIMEOUT', message: /timeout of 500 ms/ })
    await session.rollback()
    await session.users.create({ email: 'again' })
    for (let i = 0; i < 5; i++) {
      await sleep(100)
      await session.users.count()
    }
    await session.commit()
    await session.close()
    assert.equal(await db.users.count(), 6)
  })
}

for (const place of PLACES) {
  test(`a slow reader of rows that have all crossed keeps the transaction in a ${place}, until its own limit`, async t => {
    const db = await tables(t, place)
    const session = db.session({ idleTimeout: 200 })
    await session.users.createMany([{ email: 'a' }, { email: 'b' }])
    const slowly = async rows => {
      for await (const _ of rows) await sleep(300)
    }
    await slowly(session.users.stream())
    await session.transaction(tx => slowly(tx.users.stream()))
    await sleep(100)
    await session.commit()
    assert.equal(await db.users.count(), 2)
    await session.users.create({ email: 'c' })
    await slowly(session.users.stream({ timeout: 100 }))
    await fails(() => session.commit(), { code: 'TIMEOUT', message: /200 ms no call ran/ })
    await session.close()
    assert.equal(await db.users.count(), 2)
  })
}

test('a session whose last stream was left idles from then on', async t => {
  const db = await tables(t)
  await db.users.createMany(Array.from({ length: 5 }, (_, i) => ({ email: `${i}` })))
  const session = db.session({ idleTimeout: 200 })
  await session.users.create({ email: 'mine' })
  for await (const _ of session.users.stream({ batch: 1 })) break
  await sleep(600)
  await fails(() => session.commit(), { code: 'TIMEOUT' })
  assert.equal(await db.users.count(), 5)
})

test('a call on the database in a scope whose session was rolled back for idling is refused', async t => {
  const db = await tables(t)
  const app = express().set('env', 'test')
  app.use(expressScope(db, { idleTimeout: 100 }))
  const codes = []
  app.get('/', async (req, res) => {
    await req.db.users.create({ email: 'a' })
    await sleep(400)
    await db.users.create({ email: 'forgotten' }).catch(({ code }) => codes.push(code))
    res.json('done')
  })
  app.use((error, _, res, __) => res.status(500).json(error.code))
  const { status, body } = await ask(await listening(t, createServer(app)))
  assert.deepEqual([status, body, ...codes], [500, '"TIMEOUT"', 'OUTER_DB_IN_TRANSACTION'])
  assert.equal(await db.users.count(), 0)
})

test('a scope over HTTP has the timeout that it is given, from its first call on', async t => {
  const db = await tables(t)
  const app = express().set('env', 'test')
  app.use(expressScope(db, { timeout: 200 }))
  app.get('/', async req => {
    await req.db.users.create({ email: 'a' })
    for (;;) {
      await sleep(20)
      await req.db.users.count()
    }
  })
  app.use((error, _, res, __) => res.status(500).json(error.code))
  const { status, body } = await ask(await listening(t, createServer(app)))
  assert.deepEqual([status, body], [500, '"TIMEOUT"'])
  assert.equal(await db.users.count(), 0)
})
