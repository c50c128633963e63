// Holders that other calls wait for: named in BUSY and POOL_TIMEOUT, and in warnings of
// development. Each test waits for seconds.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expressScope, fastifyScope, fetchScope, honoScope, initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { here, unless } from '../support/differences.mjs'
import { gate, models, opened, program, tables } from '../support/engine.mjs'
import { ask, fetchServer, listening } from '../support/http.mjs'

/** For what SQLite has none of. */
const POOLED = dialect === 'postgres' ? {} : { skip: 'SQLite has no pool, and no locks of rows.' }

const SINCE = String.raw`since \d{4}-\d\d-\d\dT[\d:.]+Z \(\d+\.\d s, last call: `

/** A database whose pool, where it has one, holds `size` connections. */
async function setUp(t, size = 2) {
  const url = await newUrl(t)
  await initDb({ models, url })
  return { url, db: opened(t, url, { pool: { size, acquireTimeoutMs: 500 } }) }
}

describe('who holds what others wait for', { concurrency: true }, () => {
  test('a call that waits in vain names the routes and calls, how many, since when', async t => {
    const { db, url } = await setUp(t, 3)
    const wait = gate()
    const held = []
    const app = express().set('env', 'test')
    app.use(expressScope(db))
    const upload = express.Router()
    upload.post('/files/:name', async (req, res) => {
      await req.db.users.create({ email: req.params.name })
      held.push(1)
      await wait.passed
      res.sendStatus(204)
    })
    app.use('/uploads', upload)
    const at = await listening(t, createServer(app))
    // With one writer the second would wait for the first.
    const most = here('oneWriter') ? 1 : 2
    const answers = Array.from({ length: most }, (_, i) =>
      ask(at, { method: 'POST', path: `/uploads/files/${i}?token=secret` }),
    )
    const running = here('oneWriter')
      ? Promise.resolve()
      : db.transaction(async tx => {
          await tx.posts.count()
          held.push(1)
          await wait.passed
        })
    try {
      while (held.length < (here('oneWriter') ? 1 : 3)) await sleep(5)
      const expected = here('oneWriter')
        ? {
            code: 'BUSY',
            message: new RegExp(`In this process POST /uploads/files/:name holds 1, ${SINCE}users insert\\)\\.$`),
          }
        : {
            code: 'POOL_TIMEOUT',
            message: new RegExp(
              `3 of 3 connections are in use, \\d more calls? waits?: POST /uploads/files/:name holds 2, the oldest ${SINCE}users insert\\); ` +
                `db\\.transaction\\(\\) holds 1, ${SINCE}posts select\\)\\.$`,
            ),
          }
      const error = await fails(() => db.users.create({ email: 'waits' }), expected)
      assert.ok(error.message.endsWith(`${error.found}.`))
      assert.doesNotMatch(error.message, /secret/)
      if (here('oneWriter')) {
        // Another handle of the same file waits for the same writer.
        await fails(() => opened(t, url).users.create({ email: 'waits' }), expected)
      }
    } finally {
      wait.open()
    }
    assert.deepEqual(
      (await Promise.all(answers)).map(({ status }) => status),
      Array(most).fill(204),
    )
    await running
  })

  for (const [name, serve] of Object.entries({
    fastify: async (t, db, work) => {
      const app = fastify()
      t.after(() => app.close())
      app.register(fastifyScope, { db })
      app.get('/held/:name', request => work(request.db))
      await app.listen({ port: 0, host: '127.0.0.1' })
      return `http://127.0.0.1:${app.server.address().port}`
    },
    hono: (t, db, work) => {
      const app = new Hono()
      app.use(honoScope(db))
      app.get('/held/:name', async c => c.text(await work(c.get('db'))))
      return listening(t, fetchServer(app.fetch))
    },
    fetch: (t, db, work) =>
      listening(t, fetchServer(fetchScope(db, async (_, session) => new Response(await work(session))))),
    'no framework': async (_, db, work) => {
      const scope = db.scope(work)
      return { scope }
    },
  })) {
    test(`with ${name} it is named, too`, async t => {
      const { db } = await setUp(t, 1)
      const [wait, held] = [gate(), gate()]
      const at = await serve(t, db, async session => {
        await session.users.create({ email: 'a' })
        held.open()
        await wait.passed
        return 'done'
      })
      const answer = at.scope ?? ask(at, { path: '/held/me?token=secret' })
      await held.passed
      const owner = { fetch: 'GET /held/me', 'no framework': String.raw`db\.scope\(\)` }[name] ?? 'GET /held/:name'
      await fails(() => db.users.create({ email: 'b' }), {
        code: here('oneWriter') ? 'BUSY' : 'POOL_TIMEOUT',
        found: new RegExp(`${owner} holds 1, ${SINCE}users insert\\)$`),
      })
      wait.open()
      await answer
    })
  }

  test('calls that stand alone are named by what they do, and how many they are', POOLED, async t => {
    const { db } = await setUp(t, 1)
    const slow = db.sql`SELECT pg_sleep(2)`
    await sleep(50)
    const waiting = [1, 2].map(() => fails(() => db.users.count(), { code: 'POOL_TIMEOUT' }))
    const { found } = await fails(() => db.users.create({ email: 'a' }), { code: 'POOL_TIMEOUT' })
    assert.match(found, /^1 of 1 connections are in use, 0 more calls wait: calls that run or wait: 1 sql$/)
    await Promise.all([...waiting, slow])
  })

  test('the errors of thousands of calls that wait in vain are made from few counts', POOLED, async t => {
    const { db } = await setUp(t, 1)
    const session = db.session()
    await session.users.create({ email: 'a' })
    const calls = await Promise.allSettled(Array.from({ length: 2000 }, () => db.users.count()))
    const founds = calls.map(({ reason }) => reason.found)
    for (const found of founds) assert.match(found, /^1 of 1 connections are in use, .* db\.session\(\) holds 1/)
    // Counted anew for each, they would take longer than they wait.
    assert.ok(new Set(founds).size < 500, `${new Set(founds).size} counts`)
    await session.close()
  })

  test('a request that does not know its route any more is named all the same', async t => {
    const { db } = await setUp(t, 1)
    const [wait, held] = [gate(), gate()]
    const app = express().set('env', 'test')
    app.use(expressScope(db))
    app.get('/', async (req, res) => {
      await req.db.users.create({ email: 'a' })
      Object.defineProperty(req, 'baseUrl', {
        get() {
          throw new Error('gone')
        },
      })
      held.open()
      await wait.passed
      res.end()
    })
    const answer = ask(await listening(t, createServer(app)))
    await held.passed
    await fails(() => db.users.create({ email: 'b' }), { found: /a request of an unknown route holds 1, / })
    wait.open()
    await answer
  })

  test('a snapshot that only reads is not blamed for a lock of SQLite', unless('oneWriter'), async t => {
    const { db } = await setUp(t)
    const session = db.session()
    await session.users.create({ email: 'a' })
    const reading = db.transaction(
      async tx => {
        await tx.users.count()
        await sleep(11_000)
      },
      { readOnly: true },
    )
    await fails(() => db.users.create({ email: 'b' }), {
      code: 'BUSY',
      found: new RegExp(String.raw`^db\.session\(\) holds 1, ${SINCE}users insert\)$`),
    })
    await reading
    await session.close()
  })

  test('a lock of PostgreSQL that is not released in time names the other transactions', POOLED, async t => {
    const { db } = await setUp(t, 3)
    await db.users.create({ email: 'a' })
    const session = db.session()
    await session.users.update(1, { name: 'mine' })
    await fails(
      () =>
        db.transaction(async tx => {
          await tx.sql`SET LOCAL lock_timeout = 200`
          await tx.users.update(1, { name: 'theirs' })
        }),
      { code: 'BUSY', found: new RegExp(String.raw`^db\.session\(\) holds 1, ${SINCE}users update\)$`) },
    )
    await session.close()
  })

  test('a stream that holds a connection is named', POOLED, async t => {
    const { db } = await setUp(t, 1)
    await db.users.createMany(Array.from({ length: 10 }, (_, i) => ({ email: `${i}` })))
    for await (const _ of db.users.stream({ batch: 1 })) {
      await fails(() => db.users.count(), {
        code: 'POOL_TIMEOUT',
        found: new RegExp(String.raw`stream\(\) holds 1, ${SINCE}users select\)$`),
      })
      break
    }
    assert.equal(await db.users.count(), 10)
  })

  test('a session that idles in its transaction for 5 seconds is warned of, once for each route', async t => {
    const { db } = await setUp(t, 5)
    const told = []
    const heard = []
    const onWarning = warning => warning.code === 'PLINTH_IDLE_TRANSACTION' && told.push(warning)
    const onEvent = event => event.code === 'PLINTH_IDLE_TRANSACTION' && heard.push(event)
    process.on('warning', onWarning)
    subscribe('plinth:warning', onEvent)
    t.after(() => {
      process.off('warning', onWarning)
      unsubscribe('plinth:warning', onEvent)
    })
    await db.scope(async session => {
      await session.users.count()
      await sleep(5200)
      assert.deepEqual(mine(told), [], 'it has read alone')
      await session.posts.deleteMany({ where: { id: 1 } })
      await sleep(5200)
    })
    await db.scope(async session => {
      await session.posts.deleteMany({ where: { id: 1 } })
      await sleep(5200)
    })
    const [warning, ...more] = mine(told)
    assert.deepEqual(more, [])
    assert.equal(
      warning.message,
      'db.scope() has kept a transaction open for 5 s without a call in it, after posts delete.',
    )
    assert.match(warning.detail, /idleTimeout/)
    const [event] = mine(heard)
    assert.deepEqual(event, {
      code: 'PLINTH_IDLE_TRANSACTION',
      message: warning.message,
      owner: 'db.scope()',
      hint: warning.detail,
    })
  })

  test('in production nothing is warned of', async t => {
    const url = await newUrl(t)
    const { stdout, stderr } = await program(
      url,
      `(async () => {
        const db = open({ models, url })
        await initDb({ db })
        await db.scope(async session => {
          await session.users.create({ email: 'a' })
          await new Promise(resolve => setTimeout(resolve, 5500))
        })
        console.log(await db.users.count())
        await db.close()
      })()`,
      { env: { NODE_ENV: 'production' } },
    )
    assert.deepEqual([stdout, stderr], ['1\n', ''])
  })

  test('without an option a scope over HTTP rolls back after 30 seconds', async t => {
    const db = await tables(t)
    const app = express().set('env', 'test')
    app.use(expressScope(db))
    app.get('/', async (req, res) => {
      await req.db.users.create({ email: 'a' })
      await sleep(31_000)
      res.end('done')
    })
    app.use((error, _, res, __) => res.status(500).json([error.code, error.message]))
    const { status, body } = await ask(await listening(t, createServer(app)))
    assert.equal(status, 500)
    assert.match(body, /TIMEOUT.*for 30000 ms no call/)
    assert.equal(await db.users.count(), 0)
  })
})

/** The warnings about posts: other tests of this process have sessions of their own. */
const mine = all => all.filter(({ message }) => message.includes('posts'))
