// The file of a database: when it is made, how it is written, and what lies beside it.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { emails, models, opened, tables } from '../support/engine.mjs'

test('a handle that was never used is closed without a file', async t => {
  const url = fileUrl(t)
  await open({ models, url }).close()
  assert.ok(!existsSync(pathOf(url)))
})

test('a file is on the write-ahead log, enforces foreign keys, and commits are synced in full', async t => {
  const settings = async db => {
    const [{ journal_mode }] = await db.sql`SELECT journal_mode FROM pragma_journal_mode`
    const [{ foreign_keys }] = await db.sql`SELECT foreign_keys FROM pragma_foreign_keys`
    const [{ synchronous }] = await db.sql`SELECT synchronous FROM pragma_synchronous`
    return [journal_mode, foreign_keys, synchronous]
  }
  const db = await tables(t)
  const normal = opened(t, fileUrl(t), { durability: 'normal' })
  assert.deepEqual(await settings(db), ['wal', 1, 2])
  assert.deepEqual(await settings(normal), ['wal', 1, 1])
  // The writer's own connection, and that of blocking calls.
  assert.deepEqual(await db.transaction(settings), ['wal', 1, 2])
  assert.deepEqual(await normal.transaction(settings), ['wal', 1, 1])
  assert.equal(db.sync.sql`SELECT synchronous FROM pragma_synchronous`[0].synchronous, 2)
  await fails(async () => open({ models, durability: 'none' }), {
    code: 'QUERY_INVALID',
    message: /'full' or 'normal'/,
  })
})

test('no temporary files stay beside a database that was closed', async t => {
  const url = fileUrl(t)
  const db = open({ models, url })
  await initDb({ db })
  await db.users.create({ email: 'a' })
  await db.close()
  assert.deepEqual(readdirSync(join(pathOf(url), '..')), ['app.db'])
  assert.deepEqual(await emails(opened(t, url)), ['a'])
})
test('a database that cannot be opened is down with the reason, and ok when it can', async t => {
  const url = fileUrl(t)
  mkdirSync(pathOf(url))
  const db = opened(t, url)
  const { status, serverVersion, error } = await db.health()
  assert.deepEqual([status, serverVersion], ['down', null])
  assert.match(error, /is a folder/)
  rmdirSync(pathOf(url))
  assert.match((await db.health()).error, /does not exist/)
  assert.equal(existsSync(pathOf(url)), false)
  await initDb({ db })
  assert.equal((await db.health()).status, 'ok')
})
