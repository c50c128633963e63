// Requests over HTTP: the server of each peer in a process of its own, whose answers are compared, then measured under autocannon.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Failure } from '../../scripts/run.mjs'
import { isAbsence, reason } from '../peers/list.mjs'
import { answer, requestsOf } from './routes.mjs'
import { expected, fill, rowsOf } from './rows.mjs'

const program = fileURLToPath(new URL('./server.mjs', import.meta.url))
const CONNECTIONS = 64
/** Seconds until an answer counts as lost: other work of the machine is not the fault of a peer. */
const SECONDS = 120
const PEERS = ['plinth', 'better-sqlite3', 'node-sqlite', 'kysely', 'typeorm', 'prisma', 'pg', 'postgres-js']

/** Each library in its usual form, except drizzle: prepared. */
const offeredBy = ({ peer, form }) => (peer === 'drizzle' ? form === 'prepared' : !form && PEERS.includes(peer))

/** A server that listens: `{ origin, usage(), close() }`. */
async function start({ it: _, ...variant }) {
  const child = fork(program, [JSON.stringify(variant)], { execArgv: [] })
  const next = () =>
    new Promise((resolve, reject) => {
      const ended = code => reject(new Failure(`bench: the server of ${variant.name} ended with ${code}`))
      child.once('exit', ended).once('message', message => {
        child.off('exit', ended)
        resolve(message)
      })
    })
  const { port } = await next()
  return {
    origin: `http://127.0.0.1:${port}`,
    usage() {
      child.send('usage')
      return next()
    },
    close: () =>
      new Promise(resolve => {
        child.once('exit', resolve)
        child.disconnect()
      }),
  }
}

/** Compares the answers of a server with those of the rows themselves; fails at the first difference. */
export async function compareAnswers({ name }, { origin }, paths, tables) {
  const own = expected(tables)
  for (const path of paths) {
    const response = await fetch(origin + path)
    const text = await response.text()
    assert.equal(response.status, 200, `${path} of ${name}: ${text}`)
    const given = response.headers.get('content-type').startsWith('text/html') ? text : JSON.parse(text)
    assert.deepEqual(given, JSON.parse(JSON.stringify(await answer(own, path))), `${path} of ${name}`)
  }
}

/** One round of requests, the connections at different places of the list. */
async function load({ name, server }, paths, amount) {
  const { default: autocannon } = await import('autocannon')
  const before = await server.usage()
  const latencies = []
  const requests = paths.map(path => ({ method: 'GET', path }))
  let at = 0
  const begun = performance.now()
  let ended = begun
  const running = autocannon({
    url: server.origin,
    connections: CONNECTIONS,
    amount,
    timeout: SECONDS,
    setupClient(client) {
      const from = (at++ * 17) % requests.length
      client.setRequests([...requests.slice(from), ...requests.slice(0, from)])
    },
  })
  running.on('response', (_client, _status, _bytes, milliseconds) => {
    ended = performance.now()
    latencies.push(milliseconds * 1000)
  })
  const { errors, timeouts, non2xx } = await running
  if (errors || timeouts || non2xx || latencies.length !== amount)
    throw new Failure(
      `bench: ${name}: of ${amount} requests ${latencies.length} were answered, ${non2xx} with an error`,
    )
  const after = await server.usage()
  const value = ((ended - begun) * 1000) / amount
  const also = { 'requests/s': 1_000_000 / value, MB: after.memory }
  return { value, cpu: (after.cpu - before.cpu) / amount, latencies, also }
}

/** Starts a server for each variant on a copy of the rows; one whose library cannot be loaded is absent. */
async function arrange(paths, opened, places, { rows }) {
  const tables = rowsOf(rows)
  const variants = []
  const absent = []
  const close = () => Promise.all(variants.map(({ server }) => server.close()))
  for (const variant of opened) {
    try {
      const place = await places.other('http', url => fill(url, tables))
      const module = await import(`./${variant.peer}-http.mjs`)
      module.make?.(place.database)
      const own = { ...variant, ...place }
      own.server = await start(own)
      variants.push(own)
      await compareAnswers(variant, own.server, paths, tables)
    } catch (error) {
      if (variant.peer === 'plinth' || !(error instanceof Failure || isAbsence(error))) {
        await close()
        throw error
      }
      absent.push({ name: variant.name, reason: reason(error) })
    }
  }
  return { variants, absent, close }
}

const TITLES = {
  query: 'one row by key',
  queries: '20 rows by key, one by one',
  updates: '20 rows by key and their updates',
  fortunes: 'a page of all fortunes',
  shop: 'pages, searches, relations and sums of a shop',
}

export const overHttp = Object.entries(requestsOf).map(([name, { paths, amount, compared = paths }]) => ({
  name: `http-${name}`,
  title: `HTTP: ${TITLES[name]}`,
  note: `${CONNECTIONS} connections; p50 and p99 are of latency, CPU is the server's`,
  unit: 'us per request',
  alone: true,
  offeredBy,
  arrange: (opened, places, asked) => arrange(compared(asked.rows), opened, places, asked),
  sample: (variant, asked) => load(variant, paths(asked.rows), amount),
}))
