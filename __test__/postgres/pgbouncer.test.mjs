// Behind pgbouncer in transaction mode, where each transaction may be on another connection of the server: with prepare=false all works.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, initDb, model, open, schema } from '../../index.js'
import { everything, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { emails, models, opened } from '../support/engine.mjs'
import { freePort, PASSWORD, urlOf } from '../support/postgres.mjs'
import { runsAs } from '../support/postgres-binaries.mjs'
import { installed, test } from '../support/postgres-test.mjs'

const pgbouncer = installed('pgbouncer', '/usr/sbin/pgbouncer')
const needed = pgbouncer ? {} : { skip: 'pgbouncer is not installed' }

/** A pgbouncer before the server of a URL, with few connections of its own; answers the URL through it. */
async function pooled(t, direct, more = '') {
  const { hostname, port, pathname } = new URL(direct)
  const folder = mkdtempSync(join(tmpdir(), 'plinth-pgbouncer-'))
  const own = await freePort()
  const files = {
    users: `"plinth" "${PASSWORD}"\n`,
    config: `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
admin_users = plinth
${more}`,
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o644)
  }
  chmodSync(folder, 0o755)
  if (runsAs.uid !== undefined) chownSync(folder, runsAs.uid, runsAs.gid)
  const child = spawn(pgbouncer, [join(folder, 'config')], { ...runsAs, cwd: folder, stdio: 'ignore' })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  for (let i = 0; i < 100; i++) {
    const answers = await new Promise(resolve => {
      const socket = connect(own, '127.0.0.1')
      socket.on('error', () => resolve(false))
      socket.on('connect', () => {
        socket.destroy()
        resolve(true)
      })
    })
    if (answers) break
    await sleep(20)
  }
  return (query = {}) => urlOf({ port: own, database: pathname.slice(1), query })
}

test('many callers, transactions, sessions and blocking calls work with prepare=false', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  await initDb({ models, url: direct })
  const handles = [
    opened(t, url({ prepare: 'false' })),
    opened(t, url({ pgbouncer: 'true' })),
    opened(t, url(), { prepare: false }),
  ]
  await Promise.all(
    handles.flatMap((db, h) =>
      Array.from({ length: 60 }, async (_, i) => {
        const { id } = await db.users.create({ email: `${h} ${i}` })
        assert.equal((await db.users.get(id)).email, `${h} ${i}`)
        await db.transaction(async tx => {
          await tx.users.update(id, { name: 'x' })
          await tx.posts.createMany([
            { userId: id, title: 'one' },
            { userId: id, title: 'two' },
          ])
          assert.equal(await tx.posts.count({ where: { userId: id } }), 2)
        })
        assert.equal((await db.users.list({ where: { email: { in: [`${h} ${i}`] } } }))[0].name, 'x')
      }),
    ),
  )
  const [db] = handles
  assert.deepEqual([await db.users.count(), db.sync.posts.count()], [180, 360])
  const session = db.session()
  await session.users.create({ email: 'in a session' })
  await session.rollback()
  await session.users.create({ email: 'kept' })
  await session.commit()
  await session.close()
  await fails(() => db.users.create({ email: 'kept' }), { code: 'UNIQUE_VIOLATION', columns: ['email'] })
  db.sync.transaction(tx => tx.users.create({ email: 'blocking' }))
  assert.equal(await db.users.count(), 182)
})

test('values of every kind come back as they went in', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const own = schema({
    things: model('things', {
      id: c.id(),
      big: c.bigint(),
      real: c.real(),
      price: c.decimal(12, 2),
      name: c.text().nullable(),
      yes: c.boolean(),
      key: c.uuid(),
      at: c.timestamp(),
      day: c.date(),
      data: c.json(),
      raw: c.bytes(),
    }),
  })
  await initDb({ models: own, url: direct })
  const db = open({ models: own, url: url({ prepare: 'false' }) })
  t.after(() => db.close())
  const row = {
    big: 2n ** 63n - 1n,
    real: -0,
    price: '-12.50',
    name: null,
    yes: true,
    key: '018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f',
    at: new Date('0001-01-01T00:00:00.001Z'),
    day: '9999-12-31',
    data: { a: [1, null] },
    raw: Uint8Array.of(0, 255),
  }
  const { id, ...made } = await db.things.create(row)
  assert.deepStrictEqual(made, row)
  assert.deepStrictEqual(await db.things.get(id), { id, ...row })
  const rows = await db.things.createMany(Array.from({ length: 3000 }, () => row))
  assert.equal(rows.length, 3000)
  for (const [column, value] of Object.entries(row)) {
    if (column !== 'data') assert.equal(await db.things.count({ where: { [column]: value } }), 3001, column)
  }
})

test('init through the pooler works too, and MIGRATION_DATABASE_URL goes around it', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const through = await initDb({ models, url: url({ prepare: 'false' }) })
  assert.deepEqual(through.created.tables, ['users', 'posts'])
  const env = { DATABASE_URL: url({ prepare: 'false' }), MIGRATION_DATABASE_URL: direct }
  const seed = { first: async tx => tx.users.create({ email: 'seeded' }) }
  const around = await initDb({ models, env, seed })
  assert.deepEqual([around.existing.tables, around.seeded], [['users', 'posts'], ['first']])
  assert.deepEqual(await emails(opened(t, undefined, { env })), ['seeded'])
})

test('a wrong password and an unknown database at the pooler are what they are at the server', needed, async t => {
  const direct = await newUrl(t)
  const url = await pooled(t, direct)
  const wrong = new URL(url({ prepare: 'false' }))
  wrong.password = 'not-the-password'
  const db = opened(t, wrong.href)
  const error = await fails(() => db.users.count(), { code: 'AUTHENTICATION_FAILED' })
  assert.ok(!everything(error).includes('not-the-password'))
  wrong.password = encodeURIComponent(PASSWORD)
  wrong.pathname = '/not_there'
  await fails(() => opened(t, wrong.href).users.count(), { code: 'UNKNOWN_DATABASE' })
})
