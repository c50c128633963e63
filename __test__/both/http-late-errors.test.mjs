// Errors that come behind an answer in Express: before the commit is sent they take its place, later they leave it as it is.
import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import { expressScope } from 'plinth'
import { emails, gate, tables } from '../support/engine.mjs'
import { ask, idle, listening, REFUSED, refuse } from '../support/http.mjs'

/** A service with a scope for each request; `routes` puts more into it, `handler` handles its errors. */
async function service(t, routes, handler) {
  const db = await tables(t)
  await refuse(db)
  const app = express().set('env', 'test')
  app.use(expressScope(db))
  routes(app, db)
  if (handler) app.use(handler)
  return { db, url: await listening(t, createServer(app)) }
}

const create = (req, email) => req.db.users.create({ email })
const no = () => new Error('no')

/** How a handler reports an error behind its answer, in the same turn of the event loop. */
const ways = app => {
  app.get('/sync', (req, res) => {
    create(req, 'sync').catch(() => {})
    res.json({ ok: true })
    throw no()
  })
  app.get('/throw', async (req, res) => {
    await create(req, 'throw')
    res.status(201).set('set-cookie', 'a=b').json({ ok: true })
    throw no()
  })
  app.get('/later', async (req, res) => {
    await create(req, 'later')
    res.json({ ok: true })
    for (let i = 0; i < 20; i++) await undefined
    throw no()
  })
  app.get('/next', async (req, res, next) => {
    await create(req, 'next')
    res.json({ ok: true })
    next(no())
  })
  app.get('/rejected', async (req, res) => {
    await create(req, 'rejected')
    res.redirect('/elsewhere')
    await Promise.reject(no())
  })
  const router = express.Router()
  router.get('/router', async (req, res) => {
    await create(req, 'router')
    res.send('text')
    throw no()
  })
  app.use(router)
  app.get('/two', (_req, _res, next) => next('route'))
  app.get(
    '/two',
    async (req, res, next) => {
      await create(req, 'two')
      next()
      assert.equal(res.headersSent, true)
      throw no()
    },
    (_, res) => res.end('of the second'),
  )
  app.get('/length', async (req, res) => {
    await create(req, 'length')
    res.set('content-length', '4').write('text')
    res.end()
    throw no()
  })
}
const PATHS = ['sync', 'throw', 'later', 'next', 'rejected', 'router', 'two', 'length']

const handlers = {
  'of Express itself': undefined,
  'that looks for an answer': (error, _req, res, next) =>
    res.headersSent ? next(error) : res.status(500).json({ message: error.message }),
  'that is asynchronous': async (error, _req, res, _next) => {
    await sleep(1)
    res.status(500).json({ message: error.message })
  },
}

for (const [name, handler] of Object.entries(handlers)) {
  test(`an error behind the answer, but before its commit, is the answer of the handler ${name}`, async t => {
    const { db, url } = await service(t, ways, handler)
    for (const path of PATHS) {
      const { status, headers, body } = await ask(url, { path: `/${path}` })
      assert.equal(status, 500, path)
      if (handler) assert.equal(body, '{"message":"no"}', path)
      else assert.match(body, /<pre>/)
      assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
      assert.deepEqual([headers['set-cookie'], headers.location], [undefined, undefined])
      assert.deepEqual(await emails(db), [], path)
    }
    await idle(db)
  })
}

test('an error handler that answers with less than 400 keeps what was written, as for any error', async t => {
  const { db, url } = await service(t, ways, (_error, _req, res, _next) => res.json({ fine: true }))
  assert.deepEqual((await ask(url, { path: '/throw' })).body, '{"fine":true}')
  assert.deepEqual(await emails(db), ['throw'])
  await idle(db)
})

test('where a part of the answer was sent, the connection is broken and nothing is kept', async t => {
  const { db, url } = await service(t, app => {
    app.get('/', async (req, res) => {
      await create(req, 'a')
      res.write('a first piece')
      await sleep(5)
      res.end('the last')
      throw no()
    })
  })
  await assert.rejects(ask(url), { code: 'ECONNRESET' })
  assert.deepEqual(await emails(db), [])
  await idle(db)
})

test('if nothing can be answered any more, nothing is kept either', async t => {
  const { db, url } = await service(t, app => {
    app.get('/', async (req, res) => {
      await create(req, 'a')
      res.json({ ok: true })
      res.destroy()
      throw no()
    })
  })
  await assert.rejects(ask(url), { code: 'ECONNRESET' })
  await idle(db)
  assert.deepEqual(await emails(db), [])
})

test('an error that comes when the commit is sent leaves the answer and its connection as they are', async t => {
  const seen = []
  let told = gate()
  const log = (error, _req, res, next) => {
    seen.push(error.message)
    assert.equal(res.headersSent, true)
    next(error)
    told.open()
  }
  const { db, url } = await service(
    t,
    app => {
      app.get('/:how', async (req, res, next) => {
        await create(req, req.params.how)
        res.status(201).json({ ok: true })
        // The commit is on its way by then, or done.
        if (req.params.how.startsWith('soon')) await new Promise(setImmediate)
        else await sleep(20)
        if (req.params.how.endsWith('next')) return next(no())
        throw no()
      })
    },
    log,
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const paths = ['soon', 'late', 'soon-next', 'late-next']
  const ports = new Set()
  agent.on('free', socket => ports.add(socket.localPort))
  for (const path of paths) {
    told = gate()
    const { status, body } = await ask(url, { path: `/${path}`, agent })
    assert.deepEqual([status, body], [201, '{"ok":true}'], path)
    await told.passed
    await new Promise(setImmediate)
  }
  assert.equal((await ask(url, { path: '/soon', agent })).status, 500, 'the email is taken')
  assert.deepEqual(seen.slice(0, 4), ['no', 'no', 'no', 'no'])
  assert.deepEqual(await emails(db), paths)
  assert.ok(ports.size <= 1, `${ports.size} connections`)
  await idle(db)
})

test('an error while a commit fails is an error as well: nothing is kept', async t => {
  const seen = []
  const { db, url } = await service(
    t,
    app => {
      app.get('/', async (req, res) => {
        await create(req, REFUSED)
        res.json({ ok: true })
        await new Promise(resolve => queueMicrotask(() => process.nextTick(() => process.nextTick(resolve))))
        throw no()
      })
    },
    (error, _req, res, next) => {
      seen.push(error.code ?? error.message)
      if (res.headersSent) return next(error)
      res.status(500).json({ code: error.code })
    },
  )
  const { status, body } = await ask(url)
  assert.equal(status, 500)
  assert.doesNotMatch(body, /ok/)
  assert.deepEqual(await emails(db), [])
  assert.ok(seen.includes('no'), seen.join())
  await idle(db)
})
