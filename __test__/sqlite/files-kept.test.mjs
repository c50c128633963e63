// The rightful work of other processes, commands and the database itself on its files never looks
// like a loss of them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { emails, models, opened, program } from '../support/engine.mjs'

const unix = process.platform === 'win32' ? { skip: 'the commands are those of Unix' } : {}

/** Uses a database in every way; reads look at the files once a second. */
async function use(db) {
  const row = () => ({ email: `${Math.random()}` })
  await db.users.create(row())
  await Promise.all(Array.from({ length: 20 }, () => db.users.create(row())))
  await db.transaction(tx => tx.users.create(row()))
  db.sync.users.create(row())
  await sleep(1050)
  await db.users.get(1)
  assert.ok((await db.users.count()) > 0)
  assert.ok(db.sync.users.count() > 0)
  assert.equal((await db.health()).status, 'ok')
}

/** An open database that was used, and how to do something to it in another process, which opens and closes it. */
async function used(t) {
  const url = fileUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  await use(db)
  const elsewhere = async source => {
    const run = `(async () => { const db = open({ models, url }); ${source}; await db.close(); console.log('done') })()`
    const { stdout, stderr } = await program(url, run)
    assert.deepEqual([stdout, stderr], ['done\n', ''])
  }
  return { db, url, path: pathOf(url), elsewhere }
}

/** Writes so much that checkpoints are made, several times. */
async function grow(db) {
  for (let i = 0; i < 3; i++) {
    const many = Array.from({ length: 1500 }, () => ({ email: `${Math.random()}`, name: 'x'.repeat(2000) }))
    await db.users.createMany(many)
  }
}

/** Makes the database small. The file follows when a checkpoint is made of what is written after it. */
async function shrink(db) {
  await db.users.deleteMany({ where: { name: { startsWith: 'x' } } })
  await db.sql`VACUUM`
  for (let i = 0; i < 20; i++) await db.users.updateMany({ all: true }, { name: 'y'.repeat(i) })
}

test('checkpoints of another process that write to the file', async t => {
  const { db, path, elsewhere } = await used(t)
  const before = statSync(path).size
  await elsewhere(`await (${grow})(db)`)
  assert.ok(statSync(path).size > before + 1_000_000, 'a checkpoint was made')
  await use(db)
})

test('own checkpoints, VACUUM, and a file that is cut short by the checkpoint after it', async t => {
  const { db, path } = await used(t)
  const sizes = []
  for (let i = 0; i < 3; i++) {
    await grow(db)
    await use(db)
    sizes.push(statSync(path).size)
    await shrink(db)
    await grow(db)
    await shrink(db)
    await use(db)
    sizes.push(statSync(path).size)
  }
  assert.ok(
    sizes.some((size, i) => size < sizes[i - 1]),
    `the file became shorter: ${sizes}`,
  )
})

test('VACUUM by another process', async t => {
  const { db, elsewhere } = await used(t)
  await elsewhere(`for (let i = 0; i < 3; i++) { await (${grow})(db); await (${shrink})(db) }`)
  await use(db)
})

test('a reset by another process, and one of the handle itself', async t => {
  const { db, url, elsewhere } = await used(t)
  await elsewhere('await resetDb({ db, force: true, migrations: false })')
  await use(db)
  await resetDb({ db, force: true, migrations: false })
  await use(db)
  await resetDb({ models, url, force: true, migrations: false })
  await use(db)
})

test('other times, permissions and names of the file, and a copy of it', unix, async t => {
  const { db, path } = await used(t)
  execFileSync('touch', [path])
  execFileSync('chmod', ['600', path])
  execFileSync('ln', [path, `${path}.link`])
  execFileSync('cp', [path, `${path}.copy`])
  await use(db)
})

test('a checkpoint of another process that was killed, and one after it', unix, async t => {
  const { db, url, path } = await used(t)
  // The rest that it leaves: how far it meant to come in the wal-index, and some of the pages that
  // it meant to write.
  const killed = pages => `
    const { openSync, readFileSync, writeSync } = require('node:fs')
    const [path, pages] = [${JSON.stringify(path)}, ${pages}]
    const [shm, log] = [readFileSync(path + '-shm'), readFileSync(path + '-wal')]
    const frames = shm.readUInt32LE(16)
    const [index, file] = [openSync(path + '-shm', 'r+'), openSync(path, 'r+')]
    writeSync(index, shm.subarray(16, 20), 0, 4, 128)
    for (let frame = 0; pages && frame < frames; frame++) {
      const at = 32 + frame * (24 + 4096)
      const page = log.readUInt32BE(at)
      if (page === 1) writeSync(file, log, at + 24, 4096, 0)
    }`
  const run = async source =>
    assert.deepEqual(await program(url, source).then(({ code, stderr }) => [code, stderr]), [0, ''])
  await db.sql`CREATE TABLE other (a)`
  await db.health()
  await run(killed(false))
  await db.health()
  await run(killed(true))
  await use(db)
})

test('another user that may only read the files', { ...unix, skip: process.getuid?.() !== 0 }, async t => {
  const { url, path } = await used(t)
  execFileSync('chmod', ['755', join(path, '..')])
  const nobody = { uid: 65534, gid: 65534, cwd: '/' }
  const source = `const db = open({ models, url });
    (async () => { console.log(await db.users.count() > 0, db.sync.users.count() > 0, (await db.health()).status)
      console.log(await db.users.create({ email: 'x' }).catch(error => error.code)); await db.close() })()`
  const { stdout, stderr } = await program(url, source, nobody)
  assert.deepEqual([stdout, stderr], ['true true ok\nREAD_ONLY\n', ''])
})

test('a log that goes with the last connection and is made anew by the next', async t => {
  const url = fileUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  // Each of these opens and closes connections of its own: the last of them takes the log away.
  for (let i = 0; i < 3; i++) {
    await resetDb({ db, force: true, migrations: false })
    assert.ok(!existsSync(`${pathOf(url)}-wal`))
    await initDb({ models, url })
  }
  await db.users.create({ email: 'a' })
  assert.deepEqual(await emails(db), ['a'])
})

test('several handles and processes that come and go', async t => {
  const { db, url, elsewhere } = await used(t)
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 5; i++) {
        const other = opened(t, url)
        await other.users.create({ email: `${Math.random()}` })
        await elsewhere('await db.users.create({ email: "" + Math.random() })')
        await other.close()
        await db.users.create({ email: `${Math.random()}` })
      }
    }),
  )
  await use(db)
})

test('a file: URI with options is watched too', unix, async t => {
  for (const options of ['', '?mode=rwc', '?mode=rw', '?cache=private']) {
    const { path } = await used(t)
    const db = opened(t, `file:${path}${options}`)
    await use(db)
    renameSync(path, `${path}.away`)
    await fails(() => db.users.create({ email: 'late' }), { code: 'FILE_GONE' })
    await fails(() => initDb({ db }), { code: 'FILE_GONE' })
  }
  const { path } = await used(t)
  const read = opened(t, `file:${path}?mode=ro`)
  assert.ok((await read.users.count()) > 0)
  await fails(() => read.users.create({ email: 'a' }), { code: 'READ_ONLY' })
  assert.ok((await read.users.count()) > 0)
})
