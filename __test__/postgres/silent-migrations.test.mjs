// A server that falls silent while tables are changed: the call ends, and a statement that takes long is not ended for it.
import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, repair, resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { holding, place, wider } from '../support/lock-holders.mjs'
import { byHand, workshop } from '../support/migrations.mjs'
import { query } from '../support/postgres.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'
import { relay } from '../support/relay.mjs'
import { freeze } from '../support/silence.mjs'

/** The limit of each question to the server, in seconds: three of them without an answer end the call. */
const QUICK = 1

/** A URL with that limit. */
function quick(url) {
  const limited = new URL(url)
  limited.searchParams.set('connect_timeout', String(QUICK))
  return limited.href
}

/** The error of a call whose server is silent. */
async function silent(call) {
  const start = performance.now()
  const error = await fails(call, { code: 'CONNECTION_LOST' })
  const ms = performance.now() - start
  assert.ok(ms < 20_000, `it took ${ms} ms`)
  return error
}

test('upgrade, downgrade, initDb, resetDb and repair end if the network passes nothing on', async t => {
  const { url, migrations, cwd, upgrade, downgrade, status } = await place(t)
  const way = await relay(t, url)
  const at = { url: quick(way.url), migrations, cwd }
  const { end } = await holding(t, url)
  for (const call of [
    () => upgrade('head', at),
    () => initDb({ ...at, models: wider }),
    () => resetDb({ ...at, models: wider }),
    () => downgrade('-1', at),
  ]) {
    const calling = silent(call)
    await sleep(600)
    await way.drop()
    const error = await calling
    assert.match(`${error.message} ${error.hint}`, /answered nothing for 3 seconds/)
    await way.cut()
  }
  await end()
  assert.deepEqual([(await status()).pending.length, (await status()).applied], [1, 1])
  await upgrade()
  await query(url, 'ALTER TABLE one DROP COLUMN more')
  const { end: endAgain } = await holding(t, url)
  const repairing = silent(() => repair({ ...at, models: wider }))
  await sleep(600)
  await way.drop()
  await repairing
  await endAgain()
})

test('a server process that is stopped: upgrade ends, and nothing of it is left when the server goes on', {
  skip: process.platform === 'win32',
}, async t => {
  const server = await ownServer(t)
  const url = server.url('app')
  const shop = await workshop(t, { url })
  byHand(shop.migrations, '20990101000000', 'slow', { up: 'CREATE TABLE made (id integer);\nSELECT pg_sleep(12);\n' })
  await initDb({ models: wider, url, migrations: false })
  let wake
  const onProgress = ({ statement }) => {
    if (statement === 2) setTimeout(() => (wake = freeze(server)), 200)
  }
  try {
    const error = await silent(() => shop.upgrade('head', { url: quick(url), onProgress }))
    assert.match(error.hint, /^Run it again: it continues from the present revision/)
  } finally {
    wake?.()
  }
  for (let left = 1; left > 0; await sleep(100)) {
    ;[{ left }] = await query(
      url,
      'SELECT count(*)::int AS left FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
  }
  const [{ made }] = await query(url, `SELECT to_regclass('made')::text AS made`)
  assert.deepEqual([made, (await shop.status()).applied], [null, 0])
})

/**
 * A way to a server that `fills()` while something uses it, as a proxy does: connections that are made from then on are accepted, and
 * wait. The connection that looks whether the server answers ends; it has asked nothing yet, or for the session that is waited for.
 */
async function filling(t, url) {
  const { hostname, port } = new URL(url)
  const all = new Set()
  let isFull = false
  const proxy = createServer(client => {
    all.add(client)
    client.on('error', () => {})
    if (isFull) return client.resume()
    const onward = connect(Number(port), hostname)
    all.add(onward)
    onward.on('error', () => {})
    client.pipe(onward).pipe(client)
    client.on('close', () => onward.destroy())
  })
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of all) socket.destroy()
    proxy.close()
  })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(proxy.address().port)
  const fills = async () => {
    isFull = true
    const idle = `datname = current_database() AND pid <> pg_backend_pid() AND (query = '' OR query LIKE '%pg_blocking_pids%')`
    const ended = await query(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${idle}`)
    assert.equal(ended.length, 1)
  }
  return { url: quick(through), fills }
}

test('a server that takes no second connection is not silent', async t => {
  const shop = await workshop(t)
  const up = `SELECT pg_sleep(${QUICK * 5});\n${`SELECT pg_sleep(${QUICK * 1.6});\n`.repeat(3)}`
  byHand(shop.migrations, '20990101000000', 'slow', { up })
  const way = await filling(t, shop.url)
  const upgrading = shop.upgrade('head', { url: way.url })
  await sleep(600)
  await way.fills()
  assert.equal((await upgrading).applied.length, 1)
})

test('a second connection that cannot be made holds up no try of a lock', async t => {
  const { url, migrations, cwd, upgrade } = await place(t)
  const { end } = await holding(t, url)
  const way = await filling(t, url)
  const start = performance.now()
  let filled
  const onWait = () => {
    filled ??= way.fills()
  }
  await fails(() => upgrade('head', { url: way.url, migrations, cwd, timeout: 4000, onWait }), { code: 'BUSY' })
  await filled
  assert.ok(filled && performance.now() - start < 8000, `${performance.now() - start} ms`)
  await end()
})

test('a statement may take longer than any of these limits', async t => {
  const shop = await workshop(t)
  byHand(shop.migrations, '20990101000000', 'slow', { up: `SELECT pg_sleep(${QUICK * 6});\n` })
  assert.equal((await shop.upgrade('head', { url: quick(shop.url) })).applied.length, 1)
})
