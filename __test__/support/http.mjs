// Services for tests of scopes over HTTP: servers, clients that speak to their sockets, and commits that fail.
import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { dialect } from './dialect.mjs'

/** The email that makes the commit of its transaction fail, though the insert does not. */
export const REFUSED = 'refused at commit'

/** Makes commits with a user of the email above fail: by a deferred foreign key, or a deferred trigger. */
export async function refuse(db) {
  if (dialect === 'postgres') {
    await db.sql`CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN RAISE check_violation USING MESSAGE = ''not this one''; END'`
    await db.sql`CREATE CONSTRAINT TRIGGER late AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.email LIKE 'refused at commit%') EXECUTE FUNCTION refuse_late()`
    return
  }
  await db.sql`CREATE TABLE late (id integer PRIMARY KEY, other integer REFERENCES late (id) DEFERRABLE INITIALLY DEFERRED)`
  await db.sql`CREATE TRIGGER refuse_late AFTER INSERT ON users WHEN NEW.email LIKE 'refused at commit%'
    BEGIN INSERT INTO late (other) VALUES (-1); END`
}

/** Listens on a free port until the test ends; answers the URL. */
export async function listening(t, server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections?.()
    server.close()
  })
  return `http://127.0.0.1:${server.address().port}`
}

/** Sends a request; answers status, headers and body, or rejects where the connection breaks. */
export function ask(url, { method = 'GET', path = '/', headers = {}, body, agent } = {}) {
  return new Promise((resolve, reject) => {
    const request = send(url + path, { method, headers, agent }, response => {
      const parts = []
      response.on('data', part => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString() })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** A connection that says this, and what it heard until it was closed. */
export async function talk(url, text) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let heard = ''
  socket.setEncoding('utf8').on('data', part => {
    heard += part
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  const closed = new Promise(resolve => socket.on('close', resolve))
  const until = async pattern => {
    while (!pattern.test(heard)) {
      const more = await Promise.race([
        new Promise(resolve => socket.once('data', resolve)),
        closed.then(() => undefined),
      ])
      if (!more && !pattern.test(heard)) throw new Error(`closed without ${pattern}: ${heard}`)
    }
    return heard
  }
  return { socket, until, closed: closed.then(() => heard) }
}

/** Waits until no session of a database is open any more, here and in the server; fails when that does not happen. */
export async function idle(db) {
  const open = async () =>
    dialect === 'postgres'
      ? (
          await db.sql`SELECT count(*)::int AS n FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND state IN ('active', 'idle in transaction', 'idle in transaction (aborted)')`
        )[0].n
      : // A blocking write is refused while a session that has written is open.
        blocked(db)
  for (let tries = 0; tries < 400; tries++) {
    if ((await open()) === 0) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`${await open()} sessions are still open`)
}

function blocked(db) {
  try {
    db.sync.users.deleteMany({ where: { email: 'of no user' } })
    return 0
  } catch (error) {
    if (error.code !== 'SYNC_BLOCKED') throw error
    return 1
  }
}

/** A server of node:http for a handler of requests as `fetch` has them: the signal of a request says when its client has gone. */
export function fetchServer(handler) {
  return createServer(async (req, res) => {
    const stop = new AbortController()
    res.on('close', () => stop.abort())
    const body = ['GET', 'HEAD'].includes(req.method) ? undefined : Readable.toWeb(req)
    const url = `http://${req.headers.host}${req.url}`
    const request = new Request(url, {
      method: req.method,
      headers: req.headers,
      body,
      duplex: 'half',
      signal: stop.signal,
    })
    try {
      const response = await handler(request)
      res.writeHead(response.status, Object.fromEntries(response.headers))
      res.end(Buffer.from(await response.arrayBuffer()))
    } catch {
      res.writeHead(500).end()
    }
  })
}

/** A statement that would run for a very long time. */
export const endless = session =>
  dialect === 'postgres'
    ? session.sql`SELECT 1 AS one FROM pg_sleep(300)`
    : session.sql`WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1e15) SELECT count(*) AS n FROM c`
