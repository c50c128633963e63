// The route for probes: one function for every framework, 200 or 503, and nothing in it that strangers should not see.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { expressScope, healthHandler, open, upgrade, revision as write } from 'plinth'
import { fails } from '../support/db.mjs'
import { brokenUrl, dialect, newUrl, PLACES } from '../support/dialect.mjs'
import { models, tables } from '../support/engine.mjs'
import { ask, listening } from '../support/http.mjs'
import { first } from '../support/migrations.mjs'
import { project } from '../support/project.mjs'

/** A way to ask the handler in each framework; gives status, headers and body. */
const frameworks = {
  'node:http': async (t, handler) => {
    const url = await listening(t, createServer(handler))
    return (method = 'GET') => ask(url, { method, path: '/health' })
  },
  express: async (t, handler) => {
    const app = express().set('env', 'test')
    app.get('/health', handler)
    const url = await listening(t, createServer(app))
    return (method = 'GET') => ask(url, { method, path: '/health' })
  },
  fastify: async (t, handler) => {
    const app = fastify()
    t.after(() => app.close())
    app.get('/health', handler)
    return async (method = 'GET') => {
      const { statusCode, headers, body } = await app.inject({ method, url: '/health' })
      return { status: statusCode, headers, body }
    }
  },
  hono: async (_, handler) => {
    const app = new Hono()
    app.get('/health', handler)
    return async (method = 'GET') => plain(await app.request('/health', { method }))
  },
  fetch:
    async (_, handler) =>
    async (method = 'GET') => {
      const answer = await plain(await handler(new Request('http://localhost/health', { method })))
      return method === 'HEAD' ? { ...answer, body: '' } : answer
    },
}

const plain = async response => ({
  status: response.status,
  headers: Object.fromEntries(response.headers),
  body: await response.text(),
})

/** A pool that is not in use, as the body has it. */
const pool = dialect === 'postgres' ? { size: 10, used: 0, waiting: 0 } : null

for (const [name, serve] of Object.entries(frameworks)) {
  test(`in ${name} it is 200 while the database answers, then 503`, async t => {
    const db = await tables(t)
    const get = await serve(t, healthHandler(db))
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await get(method)
      assert.equal(status, 200)
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(headers['content-type'], /^application\/json/)
      if (method === 'HEAD') assert.equal(body, '')
      else {
        const { latencyMs, ...rest } = JSON.parse(body)
        assert.ok(latencyMs >= 0)
        assert.deepEqual(rest, { status: 'ok', revision: null, pending: null, unfinished: null, pool })
      }
    }
    await db.close()
    const { status, headers, body } = await get()
    assert.deepEqual([status, headers['cache-control']], [503, 'no-store'])
    const { latencyMs: _, ...rest } = JSON.parse(body)
    assert.deepEqual(rest, {
      status: 'down',
      revision: null,
      pending: null,
      unfinished: null,
      pool: null,
      error: 'CLOSED',
    })
  })
}

test('details that strangers should not see are left out', async t => {
  const cwd = project(t)
  const { url, code } = brokenUrl(cwd)
  const db = open({ models, url, cwd })
  t.after(() => db.close())
  const answer = await healthHandler(db)(new Request('http://localhost/'))
  assert.equal(answer.status, 503)
  const { latencyMs: _, ...rest } = await answer.json()
  assert.deepEqual(rest, { status: 'down', revision: null, pending: null, unfinished: null, pool, error: code })
})

test('the body has the version of the application if it is given, and ours under its own name', async t => {
  const db = await tables(t)
  const ask = async () => {
    const answer = await healthHandler(db, { version: '1.4.2-rc.1' })()
    return [answer.status, await answer.json()]
  }
  const ours = (await db.health()).version
  for (const expected of [200, 503]) {
    const [status, { version, plinthVersion }] = await ask()
    assert.deepEqual([status, version, plinthVersion], [expected, '1.4.2-rc.1', ours])
    await db.close()
  }
})

test('pending revisions are named; they are reason enough for 503 where that is asked for', async t => {
  const cwd = project(t, { 'package.json': { plinth: { models: './models.json' } }, 'models.json': first.toJSON() })
  const url = await newUrl(t)
  const db = open({ cwd, url })
  t.after(() => db.close())
  await db.sql`SELECT 1`
  await write({ cwd, message: 'first', dialects: [dialect], prove: false })
  const ask = async options => {
    const answer = await healthHandler(db, options)()
    const { status, revision, pending } = await answer.json()
    return [answer.status, status, revision, pending?.map(name => name.slice(14))]
  }
  assert.deepEqual(await ask(), [200, 'ok', null, ['_first']])
  assert.deepEqual(await ask({ allowPending: true }), [200, 'ok', null, ['_first']])
  assert.deepEqual(await ask({ allowPending: false }), [503, 'pending', null, ['_first']])
  await upgrade({ cwd, url })
  const [status, text, revision, pending] = await ask({ allowPending: false })
  assert.deepEqual([status, text, pending], [200, 'ok', []])
  assert.match(revision, /^\d{14}$/)
})

test('behind a scope, in a transaction, and when it is late', async t => {
  const db = await tables(t)
  const app = express().set('env', 'test')
  app.use(expressScope(db))
  app.get('/health', async (req, res) => {
    await req.db.users.create({ email: 'a' })
    await healthHandler(db)(req, res)
  })
  assert.equal((await ask(await listening(t, createServer(app)), { path: '/health' })).status, 200)
  assert.equal(await db.users.count(), 1)
  await db.transaction(async () => assert.equal((await healthHandler(db)()).status, 200))
})

for (const place of PLACES.filter(place => place === 'memory')) {
  test(`a ${place} that is too busy to answer in time is down`, async t => {
    const db = await tables(t, place)
    await db.scope(async session => {
      await session.users.create({ email: 'a' })
      const answer = await healthHandler(db, { timeoutMs: 20 })()
      assert.deepEqual([answer.status, (await answer.json()).error], [503, 'TIMEOUT'])
    })
    assert.equal((await healthHandler(db)()).status, 200)
  })
}

test('options that are none are refused at once', async t => {
  const db = await tables(t)
  for (const none of [undefined, null, {}, 'db']) await fails(() => healthHandler(none), { code: 'QUERY_INVALID' })
  for (const timeoutMs of [0, -1, Number.NaN, '10', null])
    await fails(() => healthHandler(db, { timeoutMs }), { code: 'QUERY_INVALID' })
  for (const allowPending of [0, 'no', null])
    await fails(() => healthHandler(db, { allowPending }), { code: 'QUERY_INVALID' })
  await fails(() => healthHandler(db, { timeout: 1 }), { code: 'UNKNOWN_OPTION', hint: /timeoutMs, allowPending/ })
  await fails(() => healthHandler(db, 1), { code: 'QUERY_INVALID' })
})
