// The folders of a database file: which are made and by whom, and reading in those that may only be read.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { initDb, open, resetDb, restore, upgrade } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { models, opened, program } from '../support/engine.mjs'
import { folder } from '../support/project.mjs'

const at = (...path) => `sqlite:///${join(...path)}`

test('open makes the file with its first call, and no folder', async t => {
  const cwd = folder(t)
  const db = opened(t, at(cwd, 'app.db'))
  assert.deepEqual(readdirSync(cwd), [], 'nothing is there before the first call')
  assert.equal((await db.sql`SELECT 1 AS one`)[0].one, 1)
  assert.ok(existsSync(join(cwd, 'app.db')))
  for (const place of ['data/app.db', 'some/where/app.db']) {
    const lost = opened(t, at(cwd, place))
    const missing = { code: 'CANNOT_OPEN', expected: 'an existing folder', hint: /initDb/ }
    const named = new RegExp(`The folder ${join(cwd, place.split('/')[0])} does not exist`)
    await fails(() => lost.sql`SELECT 1`, { ...missing, message: named })
    await fails(() => lost.transaction(tx => tx.users.count()), missing)
    await fails(async () => lost.sync.users.count(), missing)
    assert.equal((await lost.health()).status, 'down')
  }
  assert.ok(!existsSync(join(cwd, 'data')) && !existsSync(join(cwd, 'some')))
})

test('init and what works like it make the last folder of the path, and none above it', async t => {
  const cwd = folder(t)
  await initDb({ models, url: at(cwd, 'init/app.db') })
  await resetDb({ models, url: at(cwd, 'reset/app.db') })
  assert.deepEqual(readdirSync(cwd).toSorted(), ['init', 'reset'])
  const db = opened(t, at(cwd, 'init/app.db'))
  assert.equal(await db.users.count(), 0)
  const lost = { models, url: at(cwd, 'volume/data/app.db') }
  const missing = { code: 'CANNOT_OPEN', message: new RegExp(`The folder ${join(cwd, 'volume')} does not exist`) }
  await fails(() => initDb(lost), missing)
  await fails(() => resetDb(lost), missing)
  await fails(() => restore({ ...lost, file: join(cwd, 'init/app.db'), force: true }), missing)
  assert.ok(!existsSync(join(cwd, 'volume')))
})

test('create=false refuses a missing file, for every call that would create it', async t => {
  const cwd = folder(t)
  const url = `${at(cwd, 'app.db')}?create=false`
  const missing = {
    code: 'CANNOT_OPEN',
    expected: 'an existing file',
    message: /app\.db does not exist/,
    hint: /volume/,
  }
  const db = opened(t, url)
  await fails(() => db.users.count(), missing)
  await fails(() => db.users.create({ email: 'a' }), missing)
  await fails(async () => db.sync.users.count(), missing)
  await fails(() => initDb({ models, url }), missing)
  await fails(() => initDb({ db }), missing)
  await fails(() => resetDb({ models, url }), missing)
  mkdirSync(join(cwd, 'migrations'))
  await fails(() => upgrade({ models, url, migrations: join(cwd, 'migrations') }), missing)
  const other = at(folder(t), 'copy.db')
  await initDb({ models, url: other })
  await fails(() => restore({ models, url, file: pathOf(other), force: true }), missing)
  await fails(() => initDb({ models, url: `${at(cwd, 'unmounted/app.db')}?create=false` }), missing)
  assert.deepEqual(readdirSync(cwd), ['migrations'])

  await initDb({ models, url: at(cwd, 'app.db') })
  await initDb({ models, url })
  await db.users.create({ email: 'a' })
  assert.equal(await db.users.count(), 1)
})

test('parameters of the URL that are neither true nor false are refused', async () => {
  for (const url of ['sqlite:///app.db?create=no', 'sqlite:///app.db?immutable', 'file:app.db?create=false'])
    await fails(async () => open({ models, url }), { code: 'URL_INVALID' })
})

test('an immutable database is read, and refuses writes', async t => {
  const url = at(folder(t), 'a b%c.db')
  await filled(url)
  const db = opened(t, `${url}?immutable=1`)
  assert.equal(await db.users.count(), 1)
  assert.equal(db.sync.users.count(), 1)
  assert.equal((await db.users.list())[0].email, 'a')
  await fails(() => db.users.create({ email: 'b' }), { code: 'READ_ONLY' })
  assert.deepEqual(readdirSync(dirname(pathOf(url))), ['a b%c.db'])
})

/** A database with one user. */
async function filled(url) {
  const db = open({ models, url })
  await initDb({ db })
  await db.users.create({ email: 'a' })
  await db.close()
}

/** Another user than root, which may write everything. */
const weak = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
const unix = process.platform === 'win32' ? { skip: 'permissions are those of Unix' } : {}

/** Reads and writes in a folder that may only be read; answers what came of it. */
async function inReadOnly(url) {
  const parent = dirname(pathOf(url.split('?')[0]))
  chmodSync(parent, 0o555)
  try {
    const { stdout, stderr } = await program(
      url,
      `(async () => {
        const db = open({ models, url })
        const said = async work => { try { return await work() } catch (e) { return { code: e.code, hint: e.hint } } }
        console.log(JSON.stringify([
          await said(() => db.users.count()), await said(async () => db.sync.users.count()),
          await said(() => db.transaction(tx => tx.users.count(), { readOnly: true })), await said(() => db.users.create({ email: 'b' })),
        ]))
      })()`,
      weak,
    )
    assert.equal(stderr, '')
    return JSON.parse(stdout)
  } finally {
    chmodSync(parent, 0o777)
  }
}

test('in a folder that may only be read, a file on a rollback journal is read', unix, async t => {
  const url = fileUrl(t)
  await filled(url)
  // Two bytes of the file say that it is on the log: https://www.sqlite.org/fileformat.html
  const bytes = readFileSync(pathOf(url))
  bytes.fill(1, 18, 20)
  writeFileSync(pathOf(url), bytes)
  for (const mode of [0o666, 0o444]) {
    chmodSync(pathOf(url), mode)
    const [count, sync, inTransaction, written] = await inReadOnly(url)
    assert.deepEqual([count, sync, inTransaction], [1, 1, 1])
    assert.match(written.code, /^(READ_ONLY|CANNOT_OPEN)$/)
  }
})

test('one on the write-ahead log names immutable and its condition; with it the file is read', unix, async t => {
  const url = fileUrl(t)
  await filled(url)
  chmodSync(pathOf(url), 0o666)
  for (const refused of await inReadOnly(url)) {
    assert.match(refused.code, /^(READ_ONLY|CANNOT_OPEN)$/)
    assert.match(refused.hint, /\?immutable=1/)
    assert.match(refused.hint, /if no process writes/)
  }
  const [count, sync, inTransaction, written] = await inReadOnly(`${url}?immutable=1`)
  assert.deepEqual([count, sync, inTransaction, written.code], [1, 1, 1, 'READ_ONLY'])
})

test('while the log holds commits, immutable is not named: it would read old rows', unix, async t => {
  const url = fileUrl(t)
  await filled(url)
  await program(
    url,
    "open({ models, url }).users.create({ email: 'z' }).then(() => process.kill(process.pid, 'SIGKILL'))",
  )
  for (const file of [pathOf(url), `${pathOf(url)}-wal`]) chmodSync(file, 0o666)
  rmSync(`${pathOf(url)}-shm`)
  for (const refused of await inReadOnly(url)) {
    assert.match(refused.code, /^(READ_ONLY|CANNOT_OPEN)$/)
    assert.doesNotMatch(refused.hint, /immutable/)
    assert.match(refused.hint, /app\.db-wal holds commits/)
  }
})
