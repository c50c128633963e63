// Calls that are stopped where their server does not answer any more, and over an encrypted connection.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { initDb } from 'plinth'
import { authority } from '../support/certificates.mjs'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { models, opened } from '../support/engine.mjs'
import { startServer } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

/**
 * A way to a server that can be cut: then nothing gets through, nothing is refused, and neither
 * side notices.
 */
async function wire(t, url) {
  const { hostname, port } = new URL(url)
  const sockets = new Set()
  let cut = false
  const relay = createServer(client => {
    sockets.add(client)
    client.on('error', () => {})
    if (cut) return
    const server = connect(Number(port), hostname)
    sockets.add(server)
    server.on('error', () => {})
    client.on('data', bytes => cut || server.write(bytes))
    server.on('data', bytes => cut || client.write(bytes))
    client.on('close', () => cut || server.end())
    server.on('close', () => cut || client.end())
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    relay.close()
  })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(relay.address().port)
  return {
    url: String(through),
    cut(yes = true) {
      cut = yes
      if (!yes) for (const socket of sockets) socket.destroy()
    },
  }
}

test('where the network is gone a call that is stopped is answered all the same, and says what may be', async t => {
  const url = await newUrl(t)
  const way = await wire(t, url)
  const db = opened(t, way.url, { pool: { size: 2 } })
  await initDb({ models, url })
  await db.users.create({ email: 'before' })
  // Both connections are open: what waits for one was never sent.
  await Promise.all([1, 2].map(() => db.transaction(tx => tx.sql`SELECT pg_sleep(0.2)::text`)))
  const controller = new AbortController()
  const { signal } = controller
  way.cut()
  const reading = db.users.count({ signal })
  const writing = db.users.create({ email: 'lost' }, { signal })
  setTimeout(() => controller.abort('gone'), 100)
  const stopped = { code: 'ABORTED', cause: 'gone', retryable: false }
  await Promise.all([
    fails(() => reading, { ...stopped, mayHaveCommitted: false }),
    fails(() => writing, { ...stopped, mayHaveCommitted: true }),
  ])
  way.cut(false)
  // Those connections are given up: others serve the next calls.
  assert.equal(await db.users.count(), 1)
  assert.equal((await db.users.create({ email: 'after' }, { timeout: 60_000 })).email, 'after')
})

test('what runs over an encrypted connection is stopped over one', async t => {
  const { cert, key } = authority('Limits').issue(['localhost'])
  const server = await startServer({
    settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key', listen_addresses: 'localhost' },
    access: 'hostssl all all all trust\n',
    files: { 'server.crt': cert, 'server.key': key },
  })
  t.after(() => server?.close())
  const url = `${server.url('app')}?sslmode=require`
  await initDb({ models, url })
  const db = opened(t, url)
  await fails(() => db.with({ timeout: 100 }).sql`SELECT pg_sleep(3600)::text`, {
    code: 'TIMEOUT',
    mayHaveCommitted: false,
  })
  await fails(() => db.with({ timeout: 100 }).sql`INSERT INTO users (email) SELECT 'a' FROM pg_sleep(3600)`, {
    code: 'TIMEOUT',
    mayHaveCommitted: false,
  })
  assert.equal(await db.users.count(), 0)
})
