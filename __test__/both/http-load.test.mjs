// Ten thousand requests over HTTP to each kind of service, some of which are abandoned: no session
// is left open, and no answer is a lie.
import assert from 'node:assert/strict'
import { Agent, createServer, request as send } from 'node:http'
import { test } from 'node:test'
import express from 'express'
import fastify from 'fastify'
import { expressScope, fastifyScope, fetchScope, initDb, open } from 'plinth'
import { dialect, newUrl } from '../support/dialect.mjs'
import { models } from '../support/engine.mjs'
import { fetchServer, idle, listening, REFUSED, refuse } from '../support/http.mjs'

const REQUESTS = 10_000
const CLIENTS = 24

/**
 * The kind of request number `i`: of twenty, eleven write and are answered, the others are not so
 * lucky.
 */
const KINDS = { throws: [3, 13], refused: [7], fails: [17], reads: [5, 15], nothing: [9, 19] }
const kindOf = i => Object.keys(KINDS).find(kind => KINDS[kind].includes(i % 20)) ?? 'writes'
const isAborted = i => i % 10 === 1
const emailOf = i => `${kindOf(i) === 'refused' ? REFUSED : 'user'} ${i}`

/** Answers request `i`: a user and a post, both or none. Gives the status. */
async function answer(session, i, current) {
  const kind = kindOf(i)
  if (kind === 'nothing') return 200
  if (kind === 'reads') {
    await session.users.get(1)
    return 200
  }
  const { id } = await session.users.create({ email: emailOf(i) })
  // Whatever is called finds the same session.
  await current().posts.create({ userId: id, title: `${i}` })
  if (kind === 'throws') throw new Error('thrown')
  return kind === 'fails' ? 409 : 201
}

const services = {
  express: async (t, db) => {
    const app = express().set('env', 'test')
    app.use(expressScope(db))
    app.get('/:i', async (req, res) => {
      const status = await answer(req.db, Number(req.params.i), db.current)
      // Some of those whose commit fails have begun their answer.
      if ([0, 7].includes(req.params.i % 40)) res.status(status).write('piece by ')
      res.status(status).end('piece')
    })
    app.use((_error, _req, res, _next) => res.status(500).json({}))
    return listening(t, createServer(app))
  },
  fastify: async (t, db) => {
    const app = fastify({ forceCloseConnections: true })
    t.after(() => app.close())
    app.register(fastifyScope, { db })
    app.get('/:i', async (request, reply) => {
      const status = await answer(request.db, Number(request.params.i), db.current)
      return reply.code(status).send({ status })
    })
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  'node:http with a fetch handler': async (t, db) => {
    const handle = fetchScope(db, async (request, session) => {
      const i = Number(new URL(request.url).pathname.slice(1))
      return new Response('', { status: await answer(session, i, db.current) })
    })
    return listening(t, fetchServer(handle))
  },
}

/**
 * Asks once; gives the status, or undefined without an answer: the client left, or the connection
 * broke.
 */
function ask(url, i, agent) {
  return new Promise(resolve => {
    const request = send(`${url}/${i}`, { agent }, response => {
      response.on('error', () => resolve(undefined))
      response.on('end', () => resolve(response.statusCode))
      response.on('close', () => resolve(undefined))
      response.resume()
    })
    request.on('error', () => resolve(undefined))
    request.end()
    if (isAborted(i)) leave(request, Math.random())
  })
}

/** At once, after some turns of the loop, or after some milliseconds. */
function leave(request, chance) {
  if (chance < 0.1) return request.destroy()
  if (chance < 0.4) return setTimeout(() => request.destroy(), chance * 20)
  let turns = Math.floor(chance * 40)
  const next = () => (turns-- > 0 ? setImmediate(next) : request.destroy())
  next()
}

for (const [name, serve] of Object.entries(services)) {
  test(`${REQUESTS} requests to ${name}`, async t => {
    const db = open({ models, url: await newUrl(t), durability: 'normal' })
    t.after(() => db.close())
    await initDb({ db })
    await refuse(db)
    const url = await serve(t, db)
    const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
    t.after(() => agent.destroy())
    const statuses = new Array(REQUESTS)
    const began = performance.now()
    let next = 0
    const client = async () => {
      while (next < REQUESTS) {
        const i = next++
        statuses[i] = await ask(url, i, agent)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    const seconds = (performance.now() - began) / 1000
    await idle(db)

    const users = new Map()
    for (const { email, id } of await db.users.list()) users.set(email, id)
    const posts = new Map()
    for (const { title, userId } of await db.posts.list()) posts.set(title, [...(posts.get(title) ?? []), userId])
    const counts = { answered: 0, left: 0, leftAndKept: 0 }
    for (let i = 0; i < REQUESTS; i++) {
      const status = statuses[i]
      const kind = kindOf(i)
      const user = users.get(emailOf(i))
      // All or nothing, whatever happened.
      assert.deepEqual(posts.get(`${i}`), user === undefined ? undefined : [user], `${i} is whole: ${status} ${kind}`)
      if (status === undefined) {
        assert.ok(isAborted(i) || kind === 'refused', `${i} was answered: ${kind}`)
        counts.left++
        if (user !== undefined) counts.leftAndKept++
        if (kind !== 'writes') assert.equal(user, undefined)
        continue
      }
      counts.answered++
      const expected = { throws: 500, refused: 500, fails: 409, reads: 200, nothing: 200, writes: 201 }[kind]
      assert.equal(status, expected, `${i}: ${kind}`)
      assert.equal(user !== undefined, kind === 'writes', `${i}: ${status} ${kind}`)
    }
    t.diagnostic(
      `${seconds.toFixed(1)} s, ${Math.round(REQUESTS / seconds)} requests a second, ${JSON.stringify(counts)}`,
    )
    assert.ok(counts.answered > REQUESTS * 0.85)
    assert.ok(counts.left > 0)

    // Every connection is there for others: as many sessions as the pool has hold one at the same time.
    assert.throws(() => db.current(), { code: 'NO_SCOPE' })
    const sessions = Array.from({ length: dialect === 'postgres' ? 10 : 1 }, () => db.session())
    await Promise.all(sessions.map((session, i) => session.users.create({ email: `last ${i}` })))
    await Promise.all(sessions.map(session => session.close()))
    await idle(db)
    assert.equal(await db.users.count(), users.size)
  })
}
