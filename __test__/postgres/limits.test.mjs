// Calls that are stopped where their server does not answer any more, and over an encrypted connection.
import assert from 'node:assert/strict'
import { initDb } from 'plinth'
import { authority } from '../support/certificates.mjs'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { models, opened } from '../support/engine.mjs'
import { startServer } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { relay } from '../support/relay.mjs'

test('where the network is gone a call that is stopped is answered all the same, and says what may be', async t => {
  const url = await newUrl(t)
  const way = await relay(t, url)
  const db = opened(t, way.url, { pool: { size: 2 } })
  await initDb({ models, url })
  await db.users.create({ email: 'before' })
  // Both connections are open: what waits for one was never sent.
  await Promise.all([1, 2].map(() => db.transaction(tx => tx.sql`SELECT pg_sleep(0.2)::text`)))
  const controller = new AbortController()
  const { signal } = controller
  await way.drop()
  const reading = db.users.count({ signal })
  const writing = db.users.create({ email: 'lost' }, { signal })
  setTimeout(() => controller.abort('gone'), 100)
  const stopped = { code: 'ABORTED', cause: 'gone', retryable: false }
  await Promise.all([
    fails(() => reading, { ...stopped, mayHaveCommitted: false }),
    fails(() => writing, { ...stopped, mayHaveCommitted: true }),
  ])
  await way.cut()
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
