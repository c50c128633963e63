// Encrypted connections: the demands of each sslmode, which certificates are trusted, and the error
// if one is not.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { initDb, open } from 'plinth'
import { authority } from '../support/certificates.mjs'
import { everything, fails } from '../support/db.mjs'
import { models } from '../support/engine.mjs'
import { PASSWORD, startServer } from '../support/postgres.mjs'
import { test } from '../support/postgres-test.mjs'
import { folder } from '../support/project.mjs'

const trusted = authority('An authority of the tests')
const stranger = authority('Another authority')

/** A server with a certificate for `localhost`, `only` for connections that are encrypted. */
const withTls = ({ cert, key }, only = false) =>
  startServer({
    settings: { ssl: 'on', ssl_cert_file: 'server.crt', ssl_key_file: 'server.key', listen_addresses: 'localhost' },
    access: `${only ? 'hostssl' : 'host'} all all all trust\n`,
    files: { 'server.crt': cert, 'server.key': key },
  })

/** Servers that several tests share, each started when it is first needed. */
const started = new Map()
const server = name => {
  const make = {
    encrypted: () => withTls(trusted.issue(['localhost'])),
    onlyEncrypted: () => withTls(trusted.issue(['localhost']), true),
    expired: () => withTls(trusted.issue(['localhost'], { days: -1 })),
    plain: () => startServer(),
  }
  if (!started.has(name)) started.set(name, make[name]())
  return started.get(name)
}
after(async () => {
  for (const one of started.values()) await (await one)?.close()
})

/** Whether a connection with this sslmode is encrypted. */
async function encrypted(on, sslmode, { host = 'localhost', env = {}, query = {} } = {}) {
  const url = (await server(on)).url('postgres', { host, query: { ...(sslmode && { sslmode }), ...query } })
  const db = open({ models, url, env, pool: { size: 1 } })
  try {
    return (await db.sql`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`)[0].ssl
  } finally {
    await db.close()
  }
}

/** A connection that is not made. No error shows the password, nor a key. */
async function refused(on, sslmode, options, fields) {
  const error = await fails(() => encrypted(on, sslmode, options), { code: 'TLS_FAILED', retryable: false, ...fields })
  assert.ok(!everything(error).includes(PASSWORD) && !everything(error).includes(encodeURIComponent(PASSWORD)))
  return error
}

const ROOT = { PG_SSL_ROOT_CERT: trusted.cert }
const WRONG = { PG_SSL_ROOT_CERT: stranger.cert }

test('what is not verified is encrypted where the server can, as the mode says', async () => {
  assert.equal(await encrypted('encrypted', undefined), true)
  assert.equal(await encrypted('encrypted', 'disable'), false)
  assert.equal(await encrypted('encrypted', 'prefer'), true)
  assert.equal(await encrypted('encrypted', 'require'), true)
  assert.equal(await encrypted('plain', undefined), false)
  assert.equal(await encrypted('plain', 'prefer'), false)
  for (const mode of ['require', 'verify-ca', 'verify-full'])
    await refused('plain', mode, { env: ROOT }, { message: /127\.0\.0\.1|localhost/ })
})

test('a server that takes encrypted connections alone refuses others, in words', async () => {
  assert.equal(await encrypted('onlyEncrypted', 'prefer'), true)
  await fails(() => encrypted('onlyEncrypted', 'disable'), { code: 'AUTHENTICATION_FAILED' })
})

test('verify-ca verifies the signer, verify-full the name as well', async () => {
  assert.equal(await encrypted('encrypted', 'verify-ca', { env: ROOT }), true)
  assert.equal(await encrypted('encrypted', 'verify-ca', { env: ROOT, host: '127.0.0.1' }), true)
  assert.equal(await encrypted('encrypted', 'verify-full', { env: ROOT }), true)
  await refused('encrypted', 'verify-full', { env: ROOT, host: '127.0.0.1' }, { message: /another host/, hint: /name/ })
  for (const mode of ['verify-ca', 'verify-full']) {
    const untrusted = { message: /not from a trusted authority/, hint: /PG_SSL_ROOT_CERT/ }
    await refused('encrypted', mode, { env: WRONG }, untrusted)
    await refused('encrypted', mode, {}, untrusted)
    await refused('expired', mode, { env: ROOT }, { message: /expired/ })
  }
})

test('require with an authority is verify-ca, as libpq has it', async () => {
  assert.equal(await encrypted('encrypted', 'require', { env: ROOT, host: '127.0.0.1' }), true)
  await refused('encrypted', 'require', { env: WRONG }, { message: /not from a trusted authority/ })
})

test('an authority is a path, text of PEM, or text in one line; several may be in one', async t => {
  const path = join(folder(t), 'root.crt')
  writeFileSync(path, `Some words before.\n${stranger.cert}\n${trusted.cert}`)
  for (const given of [path, trusted.cert, trusted.cert.replaceAll(/\r?\n/g, '\\n'), stranger.cert + trusted.cert])
    assert.equal(await encrypted('encrypted', 'verify-full', { env: { PG_SSL_ROOT_CERT: given } }), true)
  assert.equal(await encrypted('encrypted', 'verify-full', { query: { sslrootcert: path } }), true)
})

test('an authority that cannot be read is reported, though nothing would be verified without', async t => {
  const path = join(folder(t), 'root.crt')
  for (const mode of ['require', 'verify-ca', 'verify-full']) {
    await refused('encrypted', mode, { env: { PG_SSL_ROOT_CERT: path } }, { message: /root\.crt cannot be read/ })
    await refused('encrypted', mode, { query: { sslrootcert: path } }, { message: /root\.crt cannot be read/ })
  }
  writeFileSync(path, 'no certificate')
  await refused('encrypted', 'verify-ca', { env: { PG_SSL_ROOT_CERT: path } }, { message: /holds no certificate/ })
})

test('PG_SSL_ALLOW_SELF_SIGNED encrypts without knowing with whom', async () => {
  for (const mode of ['prefer', 'require', 'verify-ca', 'verify-full'])
    for (const value of ['true', '1'])
      assert.equal(
        await encrypted('encrypted', mode, { host: '127.0.0.1', env: { PG_SSL_ALLOW_SELF_SIGNED: value } }),
        true,
      )
  const env = { PG_SSL_ALLOW_SELF_SIGNED: 'true' }
  assert.equal(await encrypted('encrypted', 'disable', { env }), false)
  assert.equal(await encrypted('expired', 'verify-full', { env }), true)
  await refused('encrypted', 'verify-full', { env: { PG_SSL_ALLOW_SELF_SIGNED: 'false' } }, {})
  await refused('plain', 'verify-full', { env }, {})
  await fails(() => encrypted('encrypted', 'require', { env: { PG_SSL_ALLOW_SELF_SIGNED: 'yes' } }), {
    code: 'CONFIG_INVALID',
  })
})

test('an unknown mode is refused by its name', async () => {
  await fails(() => encrypted('plain', 'sometimes'), { code: 'URL_INVALID', message: /sslmode/ })
})

test('initDb and db.sync go by the same certificates', async () => {
  const url = (await server('encrypted')).url('made_by_init', { host: 'localhost', query: { sslmode: 'verify-full' } })
  await fails(() => initDb({ models, url, env: {} }), { code: 'TLS_FAILED' })
  const report = await initDb({ models, url, env: ROOT })
  assert.deepEqual(report.created.tables, ['users', 'posts'])
  const db = open({ models, url, env: ROOT })
  assert.equal(db.sync.users.create({ email: 'a' }).id, 1)
  await db.close()
  const other = open({ models, url, env: WRONG })
  await fails(async () => other.sync.users.count(), { code: 'TLS_FAILED' })
  const { status, error } = await other.health()
  assert.deepEqual([status, /not from a trusted authority/.test(error)], ['down', true])
  await other.close()
})
