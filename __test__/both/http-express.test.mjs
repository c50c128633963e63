// The scope of a request in Express: what is answered is committed, whatever way the answer goes out.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, createServer } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import express from 'express'
import { expressScope } from 'plinth'
import { fails } from '../support/db.mjs'
import { emails, gate, tables } from '../support/engine.mjs'
import { ask, endless, idle, listening, REFUSED, refuse, talk } from '../support/http.mjs'
import { folder } from '../support/project.mjs'

/** A service with a scope for each request; `routes` puts more into it. */
async function service(t, routes, options) {
  const db = await tables(t)
  await refuse(db)
  const app = express()
  app.set('env', 'test') // Express prints what goes wrong elsewhere.
  app.use(express.text())
  app.use(expressScope(db, options))
  routes(app, db)
  return { db, app, url: await listening(t, createServer(app)) }
}

const create = (req, email = req.body) => req.db.users.create({ email })

test('an answer below 400 is committed before it goes out, another is rolled back', async t => {
  const { db, url } = await service(t, (app, db) => {
    app.post('/:status', async (req, res) => {
      await create(req)
      assert.equal(db.current(), req.db)
      res.status(Number(req.params.status)).json({ ok: true })
    })
  })
  const kept = []
  for (const status of [200, 201, 202, 302, 304, 399, 400, 404, 409, 500, 503]) {
    const email = `of ${status}`
    const answer = await ask(url, { method: 'POST', path: `/${status}`, body: email, headers: TEXT })
    assert.equal(answer.status, status)
    if (status < 400) kept.push(email)
    assert.deepEqual(await emails(db), kept)
  }
  await idle(db)
})

const TEXT = { 'content-type': 'text/plain' }
const post = (url, path, body) => ask(url, { method: 'POST', path, body, headers: TEXT })

test('each way to answer waits for the commit', async t => {
  const dir = folder(t)
  writeFileSync(join(dir, 'file.txt'), 'of a file')
  const big = 'x'.repeat(300_000)
  writeFileSync(join(dir, 'big.txt'), big)
  const ways = {
    end: (_, res) => res.end(),
    'end with text': (_, res) => res.end('text'),
    'end with callback': (_, res) => res.end('text', 'utf8', () => {}),
    'end with callback alone': (_, res) => res.end(() => {}),
    json: (_, res) => res.json({ a: 1 }),
    send: (_, res) => res.send('text'),
    'send bytes': (_, res) => res.send(Buffer.from('bytes')),
    sendStatus: (_, res) => res.sendStatus(204),
    redirect: (_, res) => res.redirect('/elsewhere'),
    sendFile: (_, res) => res.sendFile('file.txt', { root: dir }),
    'sendFile of many pieces': (_, res) => res.sendFile('big.txt', { root: dir }),
    download: (_, res) => res.download(join(dir, 'file.txt')),
    writeHead: (_, res) => res.writeHead(201, { 'content-type': 'text/plain', 'x-a': ['1', '2'] }).end('text'),
    'writeHead with words': (_, res) => res.writeHead(200, 'Fine', ['x-a', '1', 'x-a', '2']).end('text'),
    'content-length and pieces': async (_, res) => {
      res.setHeader('content-length', 8)
      res.write('text')
      await new Promise(resolve => res.write('text', resolve))
      res.end()
    },
    pipe: (_, res) => Readable.from(['a', 'b']).pipe(res),
    pipeline: (_, res) => pipeline(Readable.from(['a', 'b']), res),
    'the Response of fetch': async (_, res) => pipeline(Readable.fromWeb(new Response('text').body), res),
  }
  const { db, url } = await service(t, app => {
    for (const [name, way] of Object.entries(ways)) {
      app.all(`/${encodeURIComponent(name)}`, async (req, res) => {
        await create(req, `${req.method} ${name}`)
        await way(req, res)
      })
    }
  })
  const bodies = {
    'sendFile of many pieces': big,
    sendFile: 'of a file',
    json: '{"a":1}',
    pipe: 'ab',
    'content-length and pieces': 'texttext',
  }
  for (const name of Object.keys(ways)) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await ask(url, { method, path: `/${encodeURIComponent(name)}` })
      assert.ok(answer.status < 400, `${name}: ${answer.status} ${answer.body}`)
      assert.equal((await db.users.count({ where: { email: `${method} ${name}` } })) === 1, true, `${method} ${name}`)
      if (name in bodies) assert.equal(answer.body, method === 'GET' ? bodies[name] : '')
      if (name.startsWith('writeHead')) assert.equal(answer.headers['x-a'], '1, 2')
    }
  }
  await idle(db)
})

test('a commit that fails is an error of the framework, and nothing of the answer is sent', async t => {
  const seen = []
  const { db, url } = await service(t, app => {
    const refused = async req => {
      await create(req, 'beside it')
      await create(req, REFUSED)
    }
    app.get('/json', async (req, res) => {
      await refused(req)
      res.cookie('session', 'secret').set('etag', '"x"').set('x-request-id', '7').status(201).json({ ok: true })
    })
    app.get('/redirect', async (req, res) => {
      await refused(req)
      res.redirect('/elsewhere')
    })
    app.get('/head', async (req, res) => {
      await refused(req)
      res.writeHead(200, 'Fine', { 'content-length': 4, 'content-type': 'x/y' })
      assert.equal(res.headersSent, true)
      assert.throws(() => res.writeHead(200), { code: 'ERR_HTTP_HEADERS_SENT' })
      res.end('text')
    })
    app.get('/length', async (req, res) => {
      await refused(req)
      res.set('content-length', '4').write('text')
      res.end()
    })
    app.use((error, _req, res, next) => {
      seen.push(error.code)
      if (res.headersSent) return next(error)
      res.status(error.status ?? 500).json({ code: error.code })
    })
  })
  for (const path of ['/json', '/redirect', '/head', '/length']) {
    const { status, headers, body } = await ask(url, { path })
    assert.equal(status, 500, path)
    assert.match(body, /^\{"code":"(FOREIGN_KEY|CHECK)_VIOLATION"\}$/)
    assert.equal(headers['content-length'], String(body.length))
    assert.equal(headers['content-type'], 'application/json; charset=utf-8')
    assert.equal(headers['set-cookie'], undefined)
    assert.equal(headers.location, undefined)
    if (path === '/json') assert.equal(headers['x-request-id'], '7')
    assert.deepEqual(await emails(db), [])
  }
  assert.equal(seen.length, 4)
  await idle(db)
})

test('without error handlers it is a 500 of Express', async t => {
  const { db, url } = await service(t, app => {
    app.get('/', async (req, res) => {
      await create(req, REFUSED)
      res.json({ ok: true })
    })
  })
  const { status, body } = await ask(url)
  assert.equal(status, 500)
  assert.doesNotMatch(body, /ok/)
  await idle(db)
})

test('what was sent before a commit that fails is no whole answer', async t => {
  const { db, url } = await service(t, app => {
    const stream = async (req, res) => {
      await create(req, REFUSED)
      res.write('a first piece')
      await new Promise(resolve => setImmediate(resolve))
      res.write('a second piece')
      res.end('the last')
    }
    app.get('/chunked', stream)
    app.get('/length', (req, res) => {
      res.set('content-length', String('a first piecea second piecethe last'.length))
      return stream(req, res)
    })
    app.get('/flushed', async (req, res) => {
      await create(req, REFUSED)
      res.writeHead(200, { 'content-type': 'text/plain' })
      res.flushHeaders()
      res.end('text')
    })
    app.get('/file', async (req, res) => {
      await create(req, REFUSED)
      Readable.from(['a', 'b']).pipe(res)
    })
  })
  for (const path of ['/chunked', '/length', '/flushed', '/file'])
    await assert.rejects(ask(url, { path }), { code: 'ECONNRESET' }, path)
  // Where the end of the connection is the end of the answer.
  const { socket, closed } = await talk(url, 'GET /chunked HTTP/1.0\r\n\r\n')
  let error
  socket.on('error', thrown => {
    error = thrown
  })
  await closed
  assert.equal(error?.code, 'ECONNRESET')
  assert.deepEqual(await emails(db), [])
  await idle(db)
})

test('errors of every kind roll back', async t => {
  const { db, url } = await service(t, app => {
    app.post('/sync', req => {
      create(req).catch(() => {})
      throw new Error('sync')
    })
    app.post('/async', async req => {
      await create(req)
      throw Object.assign(new Error('async'), { status: 418 })
    })
    app.post('/next', (req, _, next) => {
      create(req).then(() => next(new Error('next')), next)
    })
    app.post(
      '/nested',
      express.Router().use(async req => {
        await create(req)
        throw new Error('nested')
      }),
    )
    app.post('/missing', async (req, _, next) => {
      await create(req)
      next()
    })
    app.post('/database', async (req, res) => {
      await create(req)
      await create(req)
      res.json({})
    })
    app.post('/kept', async (req, _, next) => {
      await create(req)
      next('kept')
    })
    app.use((error, _req, res, next) => (error === 'kept' ? res.json({ error }) : next(error)))
  })
  const expected = { sync: 500, async: 418, next: 500, nested: 500, missing: 404, database: 500 }
  for (const [path, status] of Object.entries(expected)) {
    assert.equal((await post(url, `/${path}`, path)).status, status, path)
    assert.deepEqual(await emails(db), [])
  }
  assert.equal((await post(url, '/kept', 'kept')).status, 200)
  assert.deepEqual(await emails(db), ['kept'])
  await idle(db)
})

test('who answers twice, or too late, changes nothing', async t => {
  const told = []
  const { db, url } = await service(t, app => {
    app.post('/twice', async (req, res) => {
      await create(req)
      res.json({ first: true })
      assert.equal(res.headersSent, true)
      assert.equal(res.writableEnded, true)
      assert.throws(() => res.status(500).json({ second: true }), { code: 'ERR_HTTP_HEADERS_SENT' })
      assert.throws(() => res.writeHead(500), { code: 'ERR_HTTP_HEADERS_SENT' })
      res.end('more', error => told.push(error?.code))
      res.end()
      res.on('error', error => told.push(error.code))
      res.write('more')
      await req.db.users.create({ email: 'too late' }).catch(error => told.push(error.code))
    })
    app.post('/bad', async (req, res) => {
      await create(req)
      assert.throws(() => res.end({}), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => res.write(1), { code: 'ERR_INVALID_ARG_TYPE' })
      assert.throws(() => res.setHeader('a', '\n'), { code: 'ERR_INVALID_CHAR' })
      res.statusCode = 42
      assert.throws(() => res.end(), { code: 'ERR_HTTP_INVALID_STATUS_CODE' })
      res.statusCode = '200'
      res.end('good')
    })
  })
  const { status, body } = await post(url, '/twice', 'a')
  assert.deepEqual([status, body], [200, '{"first":true}'])
  assert.deepEqual(await emails(db), ['a'])
  assert.deepEqual((await post(url, '/bad', 'b')).body, 'good')
  assert.ok(told.includes('SESSION_ENDED'))
  assert.ok(told.length >= 2, told.join())
  assert.deepEqual(await emails(db), ['a', 'b'])
  await idle(db)
})

test('connections that are kept serve request after request, pipelined too', async t => {
  const { db, url } = await service(t, app => {
    app.all('/:n', async (req, res) => {
      await create(req, req.params.n)
      res.json(req.params.n)
    })
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  t.after(() => agent.destroy())
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(url, { path: `/${i}`, agent })))
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    answers.map((_, i) => [200, `"${i}"`]),
  )
  const get = n => `GET /p${n} HTTP/1.1\r\nhost: a\r\n\r\n`
  const { socket, until } = await talk(url, get(1) + get(2) + get(3))
  const heard = await until(/"p3"/)
  assert.deepEqual(heard.match(/"p\d"/g), ['"p1"', '"p2"', '"p3"'])
  socket.destroy()
  assert.equal(await db.users.count(), 43)
  await idle(db)
})

test('a client that goes away takes its session with it, also where the handler never ends', async t => {
  const begun = []
  const errors = []
  const { db, url } = await service(t, (app, db) => {
    app.post('/queues', async req => {
      begun.shift()()
      await create(req)
      await new Promise(() => {})
    })
    app.post('/:way', async (req, res) => {
      await create(req)
      begun.shift()()
      if (req.params.way === 'hangs') return new Promise(() => {})
      if (req.params.way === 'hangs-inside') {
        return req.db.transaction(async tx => {
          await tx.users.create({ email: 'inside' })
          await new Promise(() => {})
        })
      }
      if (req.params.way === 'streams') res.write('a piece')
      await once(res, 'close')
      await fails(() => req.db.users.count(), { code: 'ABORTED', message: /client disconnected/ })
      await fails(() => db.current(), { code: 'NO_SCOPE' })
      errors.shift()()
      res.json({ ok: true })
    })
  })
  const leave = async (way, ...more) => {
    const wait = gate()
    begun.push(wait.open)
    const text = `POST /${way} HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\na`
    const { socket } = await talk(url, [text, ...more].join(''))
    await wait.passed
    socket.destroy()
    await idle(db)
    assert.deepEqual(await emails(db), [])
  }
  await leave('hangs')
  await leave('hangs-inside')
  for (const way of ['waits', 'streams']) {
    const wait = gate()
    errors.push(wait.open)
    await leave(way)
    await wait.passed
  }
  // Behind another that is not answered: the second has no connection of its own yet.
  const both = [gate(), gate()]
  begun.push(both[0].open, both[1].open)
  const text = body =>
    `POST /queues HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n\r\n${body}`
  const { socket } = await talk(url, text('x') + text('y'))
  await Promise.all(both.map(({ passed }) => passed))
  socket.destroy()
  await idle(db)
  assert.deepEqual(await emails(db), [])
})

test('a statement that runs for a client that has gone is stopped', async t => {
  const begun = gate()
  const stopped = gate()
  const { db, url } = await service(t, app => {
    app.get('/', async req => {
      await create(req, 'a')
      const running = endless(req.db)
      begun.open()
      await fails(() => running, { code: 'ABORTED' })
      stopped.open()
    })
  })
  const { socket } = await talk(url, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await begun.passed
  // It may have begun by then, or not: neither runs on.
  await new Promise(resolve => setTimeout(resolve, 20))
  socket.destroy()
  await stopped.passed
  await idle(db)
  await db.users.create({ email: 'b' })
  assert.deepEqual(await emails(db), ['b'])
})

test('who leaves after the answer was decided changes nothing', async t => {
  const { db, url } = await service(t, app => {
    app.post('/', async (req, res) => {
      await create(req)
      res.json({ ok: true })
      req.socket.destroy()
    })
  })
  await assert.rejects(post(url, '/', 'a'), { code: 'ECONNRESET' })
  await idle(db)
  assert.deepEqual(await emails(db), ['a'])
})

test('requests that touch no database are answered as without it', async t => {
  const late = gate()
  const { db, url } = await service(t, app => {
    app.get('/', (_, res) => {
      res.json({ ok: true })
      assert.equal(res.headersSent, true)
      assert.equal(Object.getOwnPropertyDescriptor(Object.getPrototypeOf(res), 'end'), undefined)
      assert.equal(res.finished, true, 'it is not held')
    })
    app.get('/late', (req, res) => {
      res.json({})
      // Asked for when it is over.
      fails(() => req.db.users.count(), { code: 'SESSION_ENDED' }).then(late.open)
    })
    app.get('/reads', async (req, res) => {
      res.json(await req.db.users.count())
    })
  })
  for (let i = 0; i < 3; i++) {
    assert.equal((await ask(url)).status, 200)
    assert.equal((await ask(url, { path: '/reads' })).body, '0')
  }
  await ask(url, { path: '/late' })
  await late.passed
  await idle(db)
})

test('used twice it refuses the request; a second database has a name of its own', async t => {
  const db = await tables(t)
  const other = await tables(t)
  const twice = express().set('env', 'test')
  twice.use(expressScope(db), expressScope(db))
  twice.get('/', (_, res) => res.json({}))
  const codes = []
  const note = (error, _req, res, _next) => {
    codes.push(error.code)
    res.status(500).json({})
  }
  twice.use(note)
  assert.equal((await ask(await listening(t, createServer(twice)))).status, 500)
  const same = express().set('env', 'test')
  same.use(expressScope(db), expressScope(other), (_, res) => res.json({}), note)
  assert.equal((await ask(await listening(t, createServer(same)))).status, 500)
  assert.deepEqual(codes, ['SCOPE_NESTED', 'QUERY_INVALID'])

  const both = express().set('env', 'test')
  both.use(expressScope(db), expressScope(other, { as: 'reports' }))
  both.get('/', async (req, res) => {
    await req.db.users.create({ email: 'a' })
    await req.reports.users.create({ email: 'b' })
    assert.equal(other.current(), req.reports)
    res.json({})
  })
  assert.equal((await ask(await listening(t, createServer(both)))).status, 200)
  assert.deepEqual([await emails(db), await emails(other)], [['a'], ['b']])
  await idle(db)
  await idle(other)
})

test('the answers that are committed can be chosen', async t => {
  const broken = new Error('no idea')
  const { db, url } = await service(
    t,
    app => {
      app.post('/:status', async (req, res) => {
        await create(req)
        res.status(Number(req.params.status)).end()
      })
    },
    {
      commit: status => {
        if (status === 299) throw broken
        return status === 409
      },
    },
  )
  for (const status of [200, 409, 500]) assert.equal((await post(url, `/${status}`, `${status}`)).status, status)
  assert.equal((await post(url, '/299', '299')).status, 500)
  assert.deepEqual(await emails(db), ['409'])
  await idle(db)
})

test('options that are none are refused when it is installed', async t => {
  const db = await tables(t)
  for (const none of [undefined, null, {}, 'db', db.users])
    await fails(() => expressScope(none), { code: 'QUERY_INVALID' })
  await fails(() => expressScope(db, { comit: () => true }), { code: 'UNKNOWN_OPTION', hint: /commit, as/ })
  for (const commit of [null, 400, 'DROP TABLE users', {}])
    await fails(() => expressScope(db, { commit }), { code: 'QUERY_INVALID' })
  for (const as of [null, '', 1, {}]) await fails(() => expressScope(db, { as }), { code: 'QUERY_INVALID' })
  await fails(() => expressScope(db, 1), { code: 'QUERY_INVALID' })
})

test('after close() requests fail, and are answered', async t => {
  const db = await tables(t)
  const app = express().set('env', 'test')
  app.use(expressScope(db), (_, res) => res.json({}))
  const url = await listening(t, createServer(app))
  await db.close()
  assert.equal((await ask(url)).status, 500)
})
