// Bodies that stream from the database when the scope of their request has ended, and other work for the time after a scope.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { stream, streamSSE, streamText } from 'hono/streaming'
import { expressScope, fetchScope, honoScope, initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { emails, gate, opened, tables } from '../support/engine.mjs'
import { ask, idle, listening, REFUSED, refuse } from '../support/http.mjs'

const ROWS = 1200
const EMAILS = Array.from({ length: ROWS }, (_, i) => `user ${i}`)

/** A database with one connection, if it has a pool, and many users. */
async function crowd(t) {
  const db = opened(t, await newUrl(t), { pool: { size: 1 } })
  await initDb({ db })
  await refuse(db)
  await db.users.createMany(EMAILS.map(email => ({ email })))
  return db
}

/** Serves a handler of requests over HTTP, with the server that Hono has for Node. */
async function served(t, fetch) {
  const server = serve({ fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

/** The lines of a body. */
const lines = body => body.split('\n').filter(Boolean)

/** Breaks a body whose function threw, as the guide shows it. */
const breaking = seen => async (error, body) => {
  seen.push(error)
  await body.writer.abort(error)
}

/** The ways to send rows piece by piece, each as a handler of Hono. */
const bodies = (db, seen, breaks = breaking(seen)) => ({
  stream: c =>
    stream(
      c,
      body =>
        db.afterScope(async () => {
          for await (const { email } of db.users.stream()) await body.writeln(email)
        }),
      breaks,
    ),
  streamText: c =>
    streamText(
      c,
      body =>
        db.afterScope(async () => {
          for (const { email } of await db.users.list()) await body.writeln(email)
        }),
      breaks,
    ),
  streamSSE: c =>
    streamSSE(
      c,
      body =>
        db.afterScope(async () => {
          for await (const { email } of db.users.stream({ batch: 100 })) await body.writeSSE({ data: email })
        }),
      breaks,
    ),
  start: () => new Response(rowsFromStart(db, seen)),
  pull: () => new Response(rowsFromPull(db, seen)),
})

const encoder = new TextEncoder()

function rowsFromStart(db, seen) {
  return new ReadableStream({
    start: controller =>
      db
        .afterScope(async () => {
          for await (const { email } of db.users.stream()) controller.enqueue(encoder.encode(`${email}\n`))
          controller.close()
        })
        .catch(error => {
          seen.push(error)
          throw error
        }),
  })
}

function rowsFromPull(db, seen) {
  const rows = db.afterScope(() => db.users.stream()[Symbol.asyncIterator]())
  return new ReadableStream({
    pull: async controller => {
      const { value, done } = await rows.next().catch(error => {
        seen.push(error)
        throw error
      })
      if (done) controller.close()
      else controller.enqueue(encoder.encode(`${value.email}\n`))
    },
  })
}

for (const way of Object.keys(bodies())) {
  test(`a body of Hono by ${way} has every row, after the commit and on its only connection`, async t => {
    const db = await crowd(t)
    const seen = []
    const app = new Hono()
    app.use(honoScope(db))
    app.get('/', async c => {
      await c.get('db').users.create({ email: c.req.query('email') })
      return bodies(db, seen)[way](c)
    })
    const url = await served(t, app.fetch)
    const expected = [...EMAILS]
    for (const email of ['first', 'second']) {
      const answer = await fetch(`${url}/?email=${email}`)
      assert.equal(answer.status, 200)
      expected.push(email)
      const rows = lines(await answer.text()).map(line => line.replace(/^data: /, ''))
      assert.deepEqual(rows, expected)
    }
    // A commit that fails is the answer, and the calls that waited for it fail with it.
    const refused = await fetch(`${url}/?email=${encodeURIComponent(REFUSED)}`)
    assert.equal(refused.status, 500)
    assert.equal(await refused.text(), 'Internal Server Error')
    while (seen.length === 0) await turn()
    assert.match(seen.map(({ code }) => code).join(), /^(FOREIGN_KEY|CHECK)_VIOLATION$/)
    assert.deepEqual(await emails(db), expected)
    await idle(db)
  })
}

for (const [way, body] of Object.entries({ start: rowsFromStart, pull: rowsFromPull })) {
  test(`a body of fetchScope by ${way} has every row`, async t => {
    const db = await crowd(t)
    const handle = fetchScope(db, async (request, session) => {
      await session.users.create({ email: new URL(request.url).pathname })
      return new Response(body(db, []))
    })
    const url = await served(t, handle)
    const answer = await fetch(`${url}/a`)
    assert.deepEqual(lines(await answer.text()), [...EMAILS, '/a'])
    await idle(db)
  })
}

test('without afterScope the hint names it, and a body whose function threw is broken by onError', async t => {
  const db = await crowd(t)
  const seen = []
  const app = new Hono()
  app.use(honoScope(db))
  app.get('/:way', async c => {
    await c.get('db').users.create({ email: c.req.param('way') })
    const rows = async body => {
      for await (const { email } of db.users.stream()) await body.writeln(email)
    }
    return c.req.param('way') === 'sse' ? streamSSE(c, rows, breaking(seen)) : stream(c, rows, breaking(seen))
  })
  const url = await served(t, app.fetch)
  for (const way of ['stream', 'sse']) {
    const answer = fetch(`${url}/${way}`).then(answer => answer.text())
    await assert.rejects(answer)
  }
  assert.deepEqual(
    seen.map(({ code }) => code),
    ['OUTER_DB_IN_TRANSACTION', 'OUTER_DB_IN_TRANSACTION'],
  )
  assert.match(seen[0].hint, /db\.afterScope\(async/)
  await idle(db)
})

test('calls wait for the end of the scope, and belong to none', async t => {
  const db = await tables(t)
  const order = []
  let after
  await db.scope(async session => {
    await session.users.create({ email: 'a' })
    let began = false
    after = db.afterScope(async () => {
      began = true
      assert.throws(() => db.current(), { code: 'NO_SCOPE' })
      const calls = [
        db.users.count(),
        db.users.get(1),
        db.sql`SELECT count(*) AS n FROM users`,
        db.transaction(async tx => tx.users.create({ email: 'b' })),
        db.with({ timeout: 60_000 }).users.count(),
        db.scope(async inner => {
          assert.equal(db.current(), inner)
          return inner.users.count()
        }),
        inSession(db),
        db.drift(),
      ]
      await fails(async () => db.sync.users.count(), { code: 'SYNC_BLOCKED' })
      assert.equal((await session.users.list()).length, 1, 'the session of the scope goes on')
      order.push('reads in the scope')
      const given = await Promise.all(calls)
      order.push('after')
      return given
    })
    assert.equal(began, true)
    await turn()
    await session.users.create({ email: 'of the scope' })
    while (order.length === 0) await turn()
    order.push('end')
  })
  const [count, one, rows] = await after
  assert.ok(count >= 2, `${count}`)
  assert.equal(one.email, 'a')
  assert.ok(Number(rows[0].n) >= 2)
  assert.deepEqual(order, ['reads in the scope', 'end', 'after'])
  assert.deepEqual((await emails(db)).toSorted(), ['a', 'b', 'in a session', 'of the scope'])
  await idle(db)
})

async function inSession(db) {
  const session = db.session()
  try {
    const created = session.users.create({ email: 'in a session' })
    const committed = session.commit()
    await Promise.all([created, committed])
    const seen = []
    for await (const { email } of session.users.stream()) seen.push(email)
    assert.ok(seen.includes('in a session'))
    await session.transaction(async tx => tx.users.create({ email: 'not kept' }))
    await session.rollback()
  } finally {
    await session.close()
  }
}

test('values are those of the moment of the call', async t => {
  const db = await tables(t)
  let after
  await db.scope(async session => {
    await session.users.create({ email: 'a' })
    after = db.afterScope(() => {
      const values = { email: 'then' }
      const call = db.users.create(values)
      values.email = 'later'
      return call
    })
  })
  assert.equal((await after).email, 'then')
})

test('a scope that is rolled back lets its work go on; one that fails or is given up does not', async t => {
  const db = await tables(t)
  await refuse(db)
  const later = []
  const work = () => {
    later.push(db.afterScope(async () => db.users.count()))
    later.at(-1).catch(() => {})
  }
  const no = new Error('no')
  const rolledBack = db.scope(async session => {
    await session.users.create({ email: 'a' })
    work()
    throw no
  })
  await assert.rejects(rolledBack, error => error === no)
  assert.equal(await later.pop(), 0)

  let again
  const refused = db.scope(async session => {
    await session.users.create({ email: REFUSED })
    work()
    again = db.afterScope(async () => {
      await db.users.count().catch(() => {})
      await turn()
      return fails(() => db.users.create({ email: 'too late' }), { code: /VIOLATION/ })
    })
  })
  await fails(() => refused, { code: /VIOLATION/ })
  await fails(() => later.pop(), { code: /VIOLATION/ })
  await again

  const lost = db.scope(async session => {
    await session.users.create({ email: 'a' })
    await session.close()
    work()
  })
  await fails(() => lost, { code: 'SESSION_ENDED' })
  await fails(() => later.pop(), { code: 'SESSION_ENDED' })

  const stop = new AbortController()
  const handle = fetchScope(db, async (_, session) => {
    await session.users.create({ email: 'a' })
    work()
    stop.abort()
    return new Response()
  })
  await handle(new Request('http://localhost/', { signal: stop.signal }))
  await fails(() => later.pop(), { code: 'ABORTED', message: /client disconnected/ })
  assert.deepEqual(await emails(db), [])
  await idle(db)
})

test('awaited in its scope a call waits until its own limit', async t => {
  const db = await tables(t)
  await db.scope(async session => {
    await session.users.create({ email: 'a' })
    const late = { code: 'TIMEOUT' }
    await fails(() => db.afterScope(() => db.users.list({ timeout: 20 })), late)
    await fails(() => db.afterScope(() => db.with({ timeout: 20 }).users.count()), late)
    await fails(() => db.afterScope(() => db.transaction(async () => {}, { timeout: 20 })), late)
    await fails(() => db.afterScope(() => db.scope(async () => {}, { timeout: 20 })), late)
    await fails(() => db.afterScope(() => db.users.stream({ timeout: 20 })[Symbol.asyncIterator]().next()), late)
    const stop = new AbortController()
    const stopped = db.afterScope(() => db.users.list({ signal: stop.signal }))
    stop.abort()
    await fails(() => stopped, { code: 'ABORTED' })
  })
  assert.deepEqual(await emails(db), ['a'])
  await idle(db)
})

test('outside of a scope the function just runs', async t => {
  const db = await tables(t)
  assert.equal(
    db.afterScope(() => 7),
    7,
  )
  assert.equal(await db.afterScope(() => db.users.count()), 0)
  assert.throws(() =>
    db.afterScope(() => {
      throw new Error('no')
    }),
  )
  // Its calls are outside already.
  let after
  await db.scope(async session => {
    await session.users.create({ email: 'a' })
    after = db.afterScope(() => db.afterScope(async () => db.users.count()))
  })
  assert.equal(await after, 1)
  // In a transaction it is no way around the transaction.
  await db.transaction(async () =>
    fails(() => db.afterScope(() => db.users.count()), { code: 'OUTER_DB_IN_TRANSACTION' }),
  )
  for (const work of [undefined, null, 1, 'SELECT 1', {}, Promise.resolve(), class {}])
    await fails(() => db.afterScope(work), { code: 'QUERY_INVALID', hint: /afterScope\(async/ })
})

test('a rejection that is not caught is unhandled, as without it', async t => {
  const db = await tables(t)
  const thrown = []
  const listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', error => thrown.push(error.message))
  t.after(() => {
    process.removeAllListeners('unhandledRejection')
    for (const listener of listeners) process.on('unhandledRejection', listener)
  })
  await db.scope(async session => {
    await session.users.count()
    db.afterScope(async () => {
      throw new Error('not looked at')
    })
  })
  while (thrown.length === 0) await turn()
  assert.deepEqual(thrown, ['not looked at'])
})

test('in Express it is for work after the answer', async t => {
  const db = await tables(t)
  const done = gate()
  const app = express().set('env', 'test')
  app.use(expressScope(db))
  app.get('/', async (req, res) => {
    await req.db.users.create({ email: 'a' })
    res.json({})
    db.afterScope(async () => {
      await db.users.create({ email: 'after the answer' })
      done.open()
    })
  })
  assert.equal((await ask(await listening(t, createServer(app)))).status, 200)
  await done.passed
  assert.deepEqual(await emails(db), ['a', 'after the answer'])
  await idle(db)
})
