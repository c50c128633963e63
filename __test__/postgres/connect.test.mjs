// Ways to a server, and the errors without one: each fault by a code of its own, and never with a
// password.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after } from 'node:test'
import { inspect } from 'node:util'
import { initDb, open, resetDb } from 'plinth'
import { everything, fails } from '../support/db.mjs'
import { models, opened } from '../support/engine.mjs'
import { freePort, PASSWORD, query, startServer, urlOf } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'

/** Roles of the groups `scram`, `md5` and `clear` prove their passwords so; all others are trusted. */
const access = `
local all +scram scram-sha-256
host all +scram all scram-sha-256
host all +md5 all md5
host all +clear all password
host all locked_out all reject
local all all trust
host all all all trust
`
const MOST = 12
let starting
const server = () => {
  starting ??= startServer({
    access,
    settings: { max_connections: MOST, superuser_reserved_connections: 0, reserved_connections: 0 },
  })
  return starting
}
after(async () => (await starting)?.close())

/** One query by a handle of this URL. */
async function ask(url, sql = 'SELECT current_user::text AS who', options = {}) {
  const db = open({ models, url, env: {}, pool: { size: 1 }, ...options })
  try {
    return (await db.sql(Object.assign([sql], { raw: [sql] })))[0]
  } finally {
    await db.close()
  }
}

/** How a call fails; neither the error nor anything else of the handle shows the password. */
async function refused(url, fields, options, secret = PASSWORD) {
  const db = open({ models, url, env: {}, ...options })
  const error = await fails(() => db.users.count(), fields)
  const sync = await fails(async () => db.sync.users.count(), { code: error.code })
  const health = await db.health()
  assert.deepEqual([health.status, typeof health.error], ['down', 'string'])
  const reset = await fails(() => resetDb({ models, url, env: {}, force: true }), {})
  await db.close()
  const told = [everything(error), everything(sync), everything(reset), inspect(health), inspect(db, { depth: null })]
  for (const text of told) assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), text)
  return error
}

async function role(name, group, password) {
  const url = (await server()).url()
  await query(url, `DO $$ BEGIN CREATE ROLE ${group} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
  const kind = group === 'md5' ? 'md5' : 'scram-sha-256'
  await query(
    url,
    `SET password_encryption = '${kind}'; CREATE ROLE ${name} LOGIN PASSWORD '${password}' IN ROLE ${group}`,
  )
  return (more = {}) => urlOf({ port: new URL(url).port, user: name, password, ...more })
}

test('SCRAM, MD5 and clear passwords prove the user, with any characters', async () => {
  for (const group of ['scram', 'md5', 'clear']) {
    const passwords = ['simple', 'p@ss:w/o?r#d&%41 é 日 "', 'x'.repeat(200)]
    for (const [i, password] of passwords.entries()) {
      const url = await role(`${group}_${i}`, group, password)
      assert.deepEqual(await ask(url()), { who: `${group}_${i}` })
      assert.deepEqual(await ask(url({ query: { sslmode: 'disable' } })), { who: `${group}_${i}` })
    }
  }
})

test('a wrong password, none, and an unknown role are AUTHENTICATION_FAILED', async () => {
  const url = await role('careful', 'scram', 'right')
  const fields = { code: 'AUTHENTICATION_FAILED', retryable: false, message: /careful/, hint: /DATABASE_URL/ }
  await refused(url({ password: PASSWORD }), fields)
  await refused(url({ password: null }), { code: 'AUTHENTICATION_FAILED' })
  await refused((await server()).url('postgres', { user: 'nobody_here' }), { code: 'AUTHENTICATION_FAILED' })
  await query((await server()).url(), 'CREATE ROLE locked_out LOGIN')
  await refused((await server()).url('postgres', { user: 'locked_out' }), { code: 'AUTHENTICATION_FAILED' })
})

test('an unknown database is UNKNOWN_DATABASE, and names it', async () => {
  const url = (await server()).url('not there/é')
  const fields = { code: 'UNKNOWN_DATABASE', retryable: false, message: /not there\/é/, hint: /initDb|plinth init/ }
  const db = open({ models, url, env: {} })
  await fails(() => db.users.count(), fields)
  await fails(async () => db.sync.users.count(), fields)
  const { status, error } = await db.health()
  assert.deepEqual([status, /not there/.test(error)], ['down', true])
  await initDb({ db })
  assert.equal(await db.users.count(), 0)
  assert.equal(db.sync.users.count(), 0)
  await db.close()
})

test('a port without a listener is CONNECTION_REFUSED and worth a retry; a server there later is found', async t => {
  const port = await freePort()
  const url = urlOf({ port })
  const fields = { code: 'CONNECTION_REFUSED', retryable: true, message: new RegExp(`127\\.0\\.0\\.1:${port}`) }
  await refused(url, { ...fields, hint: /DATABASE_URL|running/ })
  await fails(() => initDb({ models, url, env: {} }), fields)
  const db = opened(t, url, { env: {} })
  await fails(() => db.sql`SELECT 1`, fields)
  const late = await startServer({ settings: {} })
  t.after(() => late.close())
  const again = opened(t, late.url(), { env: {} })
  await late.stop()
  await fails(() => again.sql`SELECT 1`, { code: 'CONNECTION_REFUSED' })
  await late.start()
  assert.deepEqual(await again.sql`SELECT 1 AS one`, [{ one: 1 }])
})

test('a host that no name server knows is HOST_UNREACHABLE', async () => {
  await refused(urlOf({ host: 'no-such-host.invalid', port: 5432 }), {
    code: 'HOST_UNREACHABLE',
    message: /no-such-host\.invalid/,
    hint: /DATABASE_URL/,
  })
})

test('a host that does not answer is HOST_UNREACHABLE after connect_timeout, and one that is no server fails', async t => {
  const sockets = new Set()
  const listen = async answer => {
    const mute = createServer(socket => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', () => answer && socket.end(answer))
    })
    await new Promise(resolve => mute.listen(0, '127.0.0.1', resolve))
    t.after(() => mute.close())
    return mute.address().port
  }
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  const began = Date.now()
  const url = urlOf({ port: await listen(), query: { connect_timeout: 1 } })
  await fails(() => ask(url), { code: 'HOST_UNREACHABLE', message: /in time/ })
  assert.ok(Date.now() - began < 6000, `it took ${Date.now() - began} ms`)
  const web = urlOf({ port: await listen('HTTP/1.1 400 Bad Request\r\n\r\n'), query: { connect_timeout: 2 } })
  const error = await fails(() => ask(web), {})
  assert.ok(!everything(error).includes(PASSWORD))
})

test('a server with no connection left is TOO_MANY_CONNECTIONS and worth a retry; then it works', async t => {
  const { url } = await server()
  const held = opened(t, url(), { env: {}, pool: { size: MOST } })
  const asleep = Array.from({ length: MOST }, () => held.transaction(tx => tx.sql`SELECT pg_sleep(4)`))
  await new Promise(resolve => setTimeout(resolve, 2000))
  await fails(() => ask(url()), { code: 'TOO_MANY_CONNECTIONS', retryable: true, hint: /pool\.size|max_connections/ })
  await Promise.all(asleep)
  await held.close()
  assert.deepEqual(await ask(url()), { who: 'plinth' })
})

test('URLs of all forms lead to the same server', async () => {
  const { port, folder, url } = await server()
  const forms = [
    `postgres://plinth@127.0.0.1:${port}/postgres`,
    `postgresql://plinth@localhost:${port}/postgres`,
    `postgresql+psycopg://plinth@127.0.0.1:${port}/postgres`,
    `postgres+asyncpg://plinth:x@127.0.0.1:${port}/postgres`,
    `postgresql://127.0.0.1:${port}/postgres?user=plinth`,
    `postgresql://plinth@/postgres?host=${encodeURIComponent(folder)}&port=${port}`,
    `postgresql://plinth@${encodeURIComponent(folder)}:${port}/postgres`,
    `postgresql:///postgres?host=${folder}&port=${port}&user=plinth`,
    url('postgres', { query: { sslmode: 'prefer', application_name: 'x', connect_timeout: 5, keepalives: 1 } }),
  ]
  for (const form of forms) assert.deepEqual(await ask(form), { who: 'plinth' }, form)
  const name = 'SELECT current_setting($$application_name$$) AS name'
  assert.deepEqual(await ask(url('postgres', { query: { application_name: 'a b' } }), name), { name: 'a b' })
  assert.deepEqual(await ask(url(), name), { name: 'plinth' })
})

test('a Unix socket takes a password too, and one that does not exist is CONNECTION_REFUSED', async () => {
  const { port, folder } = await server()
  const url = await role('by_socket', 'scram', 'secret of the socket')
  const host = encodeURIComponent(folder)
  assert.deepEqual(await ask(url({ host })), { who: 'by_socket' })
  await fails(() => ask(url({ host, password: 'wrong' })), { code: 'AUTHENTICATION_FAILED' })
  await refused(urlOf({ host: encodeURIComponent(`${folder}/nowhere`), port }), { code: 'CONNECTION_REFUSED' })
})

test('of several hosts the first that answers is taken, and of those the first that is what is asked for', async () => {
  const { port, url } = await server()
  const none = await freePort()
  const two = `postgresql://plinth:${encodeURIComponent(PASSWORD)}@127.0.0.1:${none},127.0.0.1:${port}`
  assert.deepEqual(await ask(`${two}/postgres`), { who: 'plinth' })
  assert.deepEqual(await ask(`${two}/postgres?target_session_attrs=read-write`), { who: 'plinth' })
  for (const one of [`127.0.0.1:${none},127.0.0.1:${await freePort()}`, `127.0.0.1:${none}`])
    await refused(`postgresql://plinth:${encodeURIComponent(PASSWORD)}@${one}/postgres`, {
      code: 'CONNECTION_REFUSED',
      message: new RegExp(none),
    })
  await query(url(), 'CREATE DATABASE only_read')
  await query(url(), 'ALTER DATABASE only_read SET default_transaction_read_only = on')
  assert.deepEqual(await ask(`${two}/only_read?target_session_attrs=read-only`), { who: 'plinth' })
  await refused(`${two}/only_read?target_session_attrs=read-write`, {})
  await fails(() => ask(`${two}/postgres?target_session_attrs=standby`), {})
  await refused(`${two}/postgres?target_session_attrs=nonsense`, { code: 'URL_INVALID' }).catch(error =>
    assert.equal(error.code, 'URL_INVALID'),
  )
})

test('search_path, schema and options of a URL hold on every connection', async () => {
  const { url } = await server()
  const path = `SELECT current_setting('search_path') AS path`
  const shown = async query => (await ask(url('postgres', { query }), path)).path.replaceAll(' ', '')
  assert.equal(await shown({ search_path: 'mine,public' }), 'mine,public')
  assert.match(await shown({ schema: 'Mine Own' }), /^"?MineOwn"?$/)
  assert.equal(await shown({ options: '-c search_path=theirs' }), 'theirs')
  const slow = url('postgres', { query: { options: '-c statement_timeout=100' } })
  await fails(() => ask(slow, 'SELECT pg_sleep(5)'), { code: 'TIMEOUT' })
})

test('parameters that no URL has, and values that they cannot have, are refused by name and not repeated', async () => {
  const { url } = await server()
  for (const parameters of [
    { nonsense: 'SECRET' },
    { sslmode: 'SECRET' },
    { connect_timeout: 'SECRET' },
    { target_session_attrs: 'SECRET' },
    { pool_size: 'SECRET' },
    { prepare: 'SECRET' },
  ]) {
    const [name] = Object.keys(parameters)
    const error = await fails(() => ask(url('postgres', { query: parameters })), {
      code: 'URL_INVALID',
      message: new RegExp(name),
    })
    assert.ok(!everything(error).includes('SECRET') && !everything(error).includes(PASSWORD))
  }
})

test('reports and health show user, host and database, and nothing else of the URL', async () => {
  const { port, url } = await server()
  const own = url('shown', { query: { application_name: 'hidden' } })
  const reports = [await initDb({ models, url: own, env: {} }), await resetDb({ models, url: own, env: {} })]
  const db = open({ models, url: own, env: {} })
  reports.push(await db.health())
  for (const report of reports) assert.equal(report.url, `postgresql://plinth@127.0.0.1:${port}/shown`)
  for (const text of [inspect(reports, { depth: null }), inspect(db, { depth: null, showHidden: true })])
    assert.ok(!text.includes(PASSWORD) && !text.includes(encodeURIComponent(PASSWORD)))
  assert.match(reports[2].serverVersion, /^\d+\.\d+/)
  await db.close()
})

test('what a role may not do is PERMISSION_DENIED, and what only reads READ_ONLY', async t => {
  const { url } = await server()
  await query(url(), 'CREATE DATABASE rights')
  await initDb({ models, url: url('rights'), env: {} })
  await query(url(), 'CREATE ROLE weak LOGIN')
  const weak = opened(t, url('rights', { user: 'weak' }), { env: {} })
  await fails(() => weak.users.count(), { code: 'PERMISSION_DENIED', message: /users/ })
  await fails(() => weak.users.create({ email: 'a' }), { code: 'PERMISSION_DENIED' })
  await fails(async () => weak.sync.users.create({ email: 'a' }), { code: 'PERMISSION_DENIED' })
  const options = { query: { options: '-c default_transaction_read_only=on' } }
  const reader = opened(t, url('rights', options), { env: {} })
  assert.equal(await reader.users.count(), 0)
  await fails(() => reader.users.create({ email: 'a' }), { code: 'READ_ONLY' })
  await fails(() => reader.transaction(tx => tx.users.create({ email: 'a' })), { code: 'READ_ONLY' })
})
