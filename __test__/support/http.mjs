// Services for tests of scopes over HTTP: servers, clients that speak to their sockets, and commits that fail.
import { once } from 'node:events'
import { request as send } from 'node:http'
import { connect } from 'node:net'
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
  const closed = once(socket, 'close')
  const until = async pattern => {
    while (!pattern.test(heard)) {
      const more = await Promise.race([once(socket, 'data'), closed.then(() => undefined)])
      if (!more && !pattern.test(heard)) throw new Error(`closed without ${pattern}: ${heard}`)
    }
    return heard
  }
  return { socket, until, closed: closed.then(() => heard) }
}
