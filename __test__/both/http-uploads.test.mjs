// Bodies of requests that are read by their events, and by parsers of uploads: what listens to them runs in the scope of the request.
import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:http'
import { test } from 'node:test'
import busboy from 'busboy'
import express from 'express'
import fastify from 'fastify'
import formidable from 'formidable'
import multer from 'multer'
import { expressScope, fastifyScope } from 'plinth'
import { fails } from '../support/db.mjs'
import { emails, tables } from '../support/engine.mjs'
import { ask, idle, listening } from '../support/http.mjs'
import { folder } from '../support/project.mjs'

const OUTER = { code: 'OUTER_DB_IN_TRANSACTION' }
/** More than a socket gives at once. */
const LARGE = 'x'.repeat(600_000)

/** Uses the session without being handed it, and finds that the database itself is refused beside it. */
async function use(db, req, email) {
  await db.current().users.create({ email: `${req.headers['x-name']} ${email}` })
  await fails(() => db.users.count(), OUTER)
}

/** The ways to read a body; each gives how many bytes there were, when all are read. */
const ways = (db, dir) => ({
  'raw events': (req, _res, _next, done) => {
    let size = 0
    const work = []
    req.on('data', piece => {
      if (size === 0) work.push(use(db, req, 'at the first piece'))
      size += piece.length
    })
    req.on('end', () => {
      work.push(use(db, req, 'at the end'))
      Promise.all(work).then(() => done(size), done)
    })
  },
  busboy: (req, _res, _next, done) => {
    const parser = busboy({ headers: req.headers })
    let size = 0
    const work = []
    parser.on('file', (_, file) => {
      work.push(use(db, req, 'at the file'))
      file.on('data', piece => {
        size += piece.length
      })
      file.on('end', () => work.push(use(db, req, 'at the end of the file')))
    })
    parser.on('close', () => {
      work.push(use(db, req, 'at the close'))
      Promise.all(work).then(() => done(size), done)
    })
    req.pipe(parser)
  },
  'multer in memory': (req, res, _next, done) =>
    multer().single('file')(req, res, error => {
      if (error) return done(error)
      use(db, req, 'after multer').then(() => done(req.file.size), done)
    }),
  'multer on the disk': (req, res, _next, done) =>
    multer({ dest: dir }).single('file')(req, res, error => {
      if (error) return done(error)
      use(db, req, 'after multer').then(() => done(req.file.size), done)
    }),
  'formidable with a callback': (req, _res, _next, done) =>
    formidable({ uploadDir: dir }).parse(req, (error, _fields, files) => {
      if (error) return done(error)
      use(db, req, 'after formidable').then(() => done(files.file[0].size), done)
    }),
  'formidable with a promise': async (req, _res, _next, done) => {
    const [, files] = await formidable({ uploadDir: dir }).parse(req)
    await use(db, req, 'after formidable')
    done(files.file[0].size)
  },
})

async function service(t, way, db, status) {
  const app = express().set('env', 'test')
  app.use(expressScope(db))
  app.post('/', (req, res, next) =>
    way(req, res, next, given => {
      if (typeof given !== 'number') return next(given)
      res.status(status).json({ size: given })
    }),
  )
  app.use((error, _req, res, _next) => res.status(500).json({ message: error.message }))
  return listening(t, createServer(app))
}

/** A body of a form with one file. */
async function upload(url, agent, name) {
  const form = new FormData()
  form.append('file', new Blob([LARGE]), 'large.txt')
  const request = new Request(url, { method: 'POST', body: form })
  const body = Buffer.from(await request.arrayBuffer())
  return ask(url, {
    method: 'POST',
    path: '/',
    headers: { ...Object.fromEntries(request.headers), 'x-name': name },
    body,
    agent,
  })
}

for (const name of Object.keys(ways())) {
  test(`what reads a large body by ${name} is in the scope of its request`, async t => {
    const db = await tables(t)
    const way = ways(db, folder(t))[name]
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    // A scope before it on the same connection, and one that is rolled back.
    const url = await service(t, way, db, 200)
    const refused = await service(t, way, db, 409)
    assert.equal((await upload(refused, agent, 'refused')).status, 409)
    assert.deepEqual(await emails(db), [], 'all that was written is rolled back')
    const { status, body } = await upload(url, agent, 'kept')
    assert.equal(status, 200, body)
    if (name !== 'raw events') assert.equal(body, `{"size":${LARGE.length}}`)
    const kept = await emails(db)
    assert.ok(kept.length > 0)
    await db.users.deleteMany({ all: true })
    const beside = await Promise.all([upload(url, agent, 'kept'), upload(refused, agent, 'refused')])
    assert.deepEqual(
      beside.map(answer => answer.status),
      [200, 409],
    )
    assert.deepEqual(await emails(db), kept)
    await idle(db)
  })
}

test('listeners stay the functions that were given, and run plainly after the end of the scope', async t => {
  const db = await tables(t)
  const seen = []
  const app = express().set('env', 'test')
  app.use(expressScope(db))
  app.post('/', (req, res) => {
    const never = () => seen.push('never')
    req.on('data', never)
    req.off('data', never)
    assert.deepEqual(req.listeners('data'), [])
    req.once('data', () => seen.push('once'))
    req.on('end', async () => {
      await req.db.users.create({ email: 'a' })
      res.on('finish', () => {
        seen.push('finish')
        assert.throws(() => db.current(), { code: 'NO_SCOPE' })
      })
      res.on('close', () => {
        db.users.count().then(count => seen.push(count), seen.push)
      })
      res.json({})
    })
    req.resume()
  })
  const url = await listening(t, createServer(app))
  assert.equal((await ask(url, { method: 'POST', body: LARGE })).status, 200)
  while (seen.length < 3) await new Promise(resolve => setTimeout(resolve, 2))
  assert.deepEqual(seen, ['once', 'finish', 1])
  await idle(db)
})

test('an answer of node:http emits in the scope as well', async t => {
  const db = await tables(t)
  const scope = expressScope(db)
  const seen = []
  const server = createServer((req, res) =>
    scope(req, res, async error => {
      assert.equal(error, undefined)
      await req.db.users.create({ email: 'a' })
      res.on('drain', async () => {
        if (seen.length > 0) return
        seen.push(db.current() === req.db)
        await fails(() => db.users.count(), OUTER)
        res.end()
      })
      while (res.write(LARGE));
    }),
  )
  const { status } = await ask(await listening(t, server))
  assert.equal(status, 200)
  assert.deepEqual(seen, [true])
  assert.deepEqual(await emails(db), ['a'])
  await idle(db)
})

test('in Fastify, too, listeners of the request run in its scope', async t => {
  const db = await tables(t)
  const app = fastify({ forceCloseConnections: true, bodyLimit: 2 ** 30 })
  t.after(() => app.close())
  app.register(fastifyScope, { db })
  app.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))
  app.post('/', (request, reply) => {
    ways(db)['raw events'](request.raw, reply.raw, undefined, given => reply.send(given))
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  for (const name of ['a', 'b']) assert.equal((await upload(url, agent, name)).status, 200)
  assert.equal(await db.users.count(), 4)
  await idle(db)
})
