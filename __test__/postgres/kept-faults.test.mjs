// Keeping, repairing and bringing back on a PostgreSQL server that fails: a full disk, a connection that is cut, a table in use.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmdirSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { c, drift, dropKept, initDb, kept, model, open, repair, resetDb, restoreKept, schema } from 'plinth'
import { fails, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { query } from '../support/postgres.mjs'
import { runsAs } from '../support/postgres-binaries.mjs'
import { ownServer, test } from '../support/postgres-test.mjs'

/** Longer than this no call waits for what does not come. */
const LONGEST = 30_000

const models = schema({ users: model('users', { id: c.id(), name: c.text().nullable() }) })

/** A table with a column too many, and rows in it; what its rows and its drift are. */
async function filled(url, rows, bytes) {
  await initDb({ models, url })
  const db = open({ models, url })
  await raw(db, 'ALTER TABLE users ADD phone text')
  await raw(
    db,
    `INSERT INTO users (name, phone) SELECT n, (SELECT string_agg(md5(n::text || i), '') FROM generate_series(1, ${bytes / 32}) i)
      FROM generate_series(1, ${rows}) n`,
  )
  return {
    db,
    seen: async () => ({
      rows: await raw(db, 'SELECT count(*)::int, sum(hashtextextended(u::text, 0))::text AS all FROM users u'),
      drift: (await drift({ models, url })).differences,
      kept: (await kept({ url })).kept.map(({ number }) => number),
    }),
  }
}

/** A folder on a disk of this size; null if this machine does not allow one. */
function smallDisk(t, megabytes) {
  if (process.platform !== 'linux' || process.getuid() !== 0) return null
  const folder = mkdtempSync(join(tmpdir(), 'plinth-small-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'plinth', folder])
  if (mounted.status !== 0) {
    rmdirSync(folder)
    return null
  }
  if (runsAs.uid) chownSync(folder, runsAs.uid, runsAs.gid)
  t.after(() => {
    spawnSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  return folder
}

test('a full disk is DISK_FULL while rows are kept and brought back, and nothing is changed', async t => {
  const disk = smallDisk(t, 40)
  if (!disk) return t.skip('needs root, to mount a small disk')
  const server = await ownServer(t)
  await query(server.url('postgres'), `CREATE TABLESPACE small LOCATION '${disk}'`)
  await query(server.url('postgres'), 'CREATE DATABASE app TABLESPACE small')
  const url = server.url('app')
  const { db, seen } = await filled(url, 60, 320_000)
  try {
    const before = await seen()
    assert.deepEqual([before.drift.length, before.kept], [1, []])
    await fails(() => repair({ models, url, destructive: true, keep: true }), { code: 'DISK_FULL' })
    assert.deepEqual(await seen(), before)
    await fails(() => resetDb({ models, url, keep: true }), { code: 'DISK_FULL' })
    assert.deepEqual(await seen(), before)
    // With room for what is kept, and none for what comes back.
    await raw(db, 'DELETE FROM users WHERE id > 25')
    await raw(db, 'VACUUM FULL users')
    assert.equal((await repair({ models, url, destructive: true, keep: true })).kept[0].rows, 25)
    await raw(db, 'CREATE TABLE more AS SELECT repeat(md5(n::text), 60) AS text FROM generate_series(1, 8000) n')
    const kept = await seen()
    await fails(() => restoreKept({ url, number: 1 }), { code: 'DISK_FULL' })
    assert.deepEqual(await seen(), kept)
    await raw(db, 'DROP TABLE more')
    assert.equal((await restoreKept({ url, number: 1 })).rows, 25)
  } finally {
    await db.close()
  }
})

/** A way to the server that is cut when so many bytes have gone to it. */
async function way(t, target) {
  const { hostname, port } = new URL(target)
  const state = { left: Number.POSITIVE_INFINITY, sent: 0 }
  const sockets = new Set()
  const proxy = createServer(client => {
    const server = connect(Number(port), hostname)
    const both = [client, server]
    for (const socket of both) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        for (const other of both) other.destroy()
      })
    }
    client.on('data', data => {
      state.sent += data.length
      state.left -= data.length
      if (state.left < 0) for (const socket of both) socket.destroy()
      else server.write(data)
    })
    server.on('data', data => client.write(data))
  })
  await new Promise(resolve => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise(resolve => proxy.close(resolve))
  })
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(proxy.address().port)
  return { url: url.href, state }
}

test('a connection that is cut while rows are kept is CONNECTION_LOST: before or after, never between', async t => {
  const url = await newUrl(t)
  const { db, seen } = await filled(url, 200, 320)
  t.after(() => db.close())
  const cut = await way(t, url)
  const call = () => repair({ models, url: cut.url, destructive: true, keep: true })
  const all = async () => {
    cut.state.sent = 0
    await call()
    return cut.state.sent
  }
  const { rows } = await seen()
  const length = await all()
  const back = async number => {
    await restoreKept({ url, number })
    await dropKept({ url, number })
    assert.deepEqual((await seen()).rows, rows)
  }
  await back(1)
  const before = await seen()
  const CUTS = 12
  let lost = 0
  for (let at = 1; at <= CUTS; at++) {
    cut.state.left = Math.floor((length * at) / CUTS) - 1
    const began = performance.now()
    const error = await call().then(
      () => null,
      thrown => thrown,
    )
    cut.state.left = Number.POSITIVE_INFINITY
    assert.ok(performance.now() - began < LONGEST)
    if (error) assert.match(error.code, /^CONNECTION_(LOST|REFUSED)$/, error.stack)
    if (error) lost++
    const now = await seen()
    if (now.kept.length === 0) assert.deepEqual(now, before)
    else {
      assert.deepEqual(now.drift, [], 'kept if and only if it is gone')
      await back(now.kept[0])
    }
  }
  assert.ok(lost >= CUTS / 2, `${lost} of ${CUTS} were cut`)
})

test('a table that another session reads is BUSY within half a minute for each call that keeps', async t => {
  const url = await newUrl(t)
  const { db, seen } = await filled(url, 3, 32)
  t.after(() => db.close())
  await repair({ models, url, destructive: true, keep: true })
  await raw(db, 'ALTER TABLE users ADD phone text')
  const before = await seen()
  const session = db.session()
  await session.sql`SELECT * FROM users, plinth_kept."1_users"`
  for (const call of [
    () => resetDb({ models, url, keep: true, timeout: 2000 }),
    () => restoreKept({ url, number: 1, timeout: 2000 }),
  ]) {
    const began = performance.now()
    await fails(call, { code: 'BUSY', retryable: true })
    assert.ok(performance.now() - began < LONGEST)
  }
  await session.rollback()
  await session.close()
  assert.deepEqual(await seen(), before)
})
