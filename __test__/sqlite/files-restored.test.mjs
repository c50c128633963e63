// A backup that is copied over the file of an open database stays as it was copied, and no call takes it for the database.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { openSync, readFileSync, readSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, open } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { models, opened, program, start } from '../support/engine.mjs'

const unix = process.platform === 'win32' ? { skip: 'the commands are those of Unix' } : {}

/** As another process would: closing a descriptor of the file in this one would drop SQLite's locks. */
const sh = (script, path) => execFileSync('bash', ['-ec', script, 'bash', path])
const gone = { code: 'FILE_GONE', retryable: false }
const many = (count, name) =>
  Array.from({ length: count }, (_, i) => ({ email: `${name} ${i}`, name: 'x'.repeat(300) }))

/** Recipes by which people restore a backup: `$1` is the database, `$1.bak` the backup. */
const RECIPES = {
  'copied, then the log deleted': 'cp $1.bak $1; rm -f $1-wal',
  'copied, then the log and the wal-index deleted': 'cp $1.bak $1; rm -f $1-wal $1-shm',
  'copied after the log was deleted': 'rm -f $1-wal; cp $1.bak $1',
  'copied after the log and the wal-index were deleted': 'rm -f $1-wal $1-shm; cp $1.bak $1',
  'copied a moment after the log was deleted': 'rm -f $1-wal; sleep 0.2; cp $1.bak $1',
}

/** Closes what is open on a copy of a database, so that the copy is whole, and gives its path. */
async function backup(path, rows) {
  const db = open({ models, url: `sqlite:///${path}.bak` })
  await initDb({ db })
  await db.users.createMany(rows)
  await db.close()
  return `${path}.bak`
}

/** The rows of a database that is opened anew. */
async function count(t, path) {
  const db = opened(t, `sqlite:///${path}`)
  const [{ ok }] = await db.sql`SELECT integrity_check AS ok FROM pragma_integrity_check`
  assert.equal(ok, 'ok')
  return db.users.count()
}

for (const [name, recipe] of Object.entries(RECIPES)) {
  test(`a backup that is ${name} stays as it is`, unix, async t => {
    for (const first of ['create', 'count', 'health', 'close']) {
      const url = fileUrl(t)
      const path = pathOf(url)
      const copy = await backup(path, many(100, 'restored'))
      const db = opened(t, url)
      await initDb({ db })
      await db.users.createMany(many(400, 'lost'))
      await db.users.deleteMany({ where: { email: { startsWith: 'lost 1' } } })
      await db.health()
      sh(recipe, path)
      if (first === 'create') await fails(() => db.users.create({ email: 'late' }), gone)
      if (first === 'count') {
        await sleep(1100)
        await fails(() => db.users.count(), gone)
      }
      if (first === 'health') assert.equal((await db.health()).code, 'FILE_GONE')
      await db.close()
      assert.deepEqual(readFileSync(path), readFileSync(copy), `${name}, ${first}`)
      sh('rm -f $1-wal $1-shm', path)
      assert.equal(await count(t, path), 100)
    }
  })

  test(`a backup that is ${name} under load stays as it is`, unix, async t => {
    const url = fileUrl(t)
    const path = pathOf(url)
    const copy = await backup(path, many(100, 'restored'))
    await initDb({ models, url })
    const writes = `
      const db = open({ models, url })
      const write = async name => {
        for (let i = 0; ; i++) {
          try {
            await db.users.create({ email: name + i })
          } catch (error) {
            return console.log(error.code)
          }
          if (i === 150) console.log('written')
        }
      }
      Promise.all(['a', 'b', 'c'].map(write)).then(() => db.close())`
    const { ended, printed } = start(url, writes)
    await printed('written')
    sh(recipe, path)
    const { stdout } = await ended
    assert.deepEqual(stdout.match(/[A-Z_]+/g), Array(3).fill('FILE_GONE'))
    assert.deepEqual(readFileSync(path), readFileSync(copy))
  })
}

/** The first bytes of a file that is open nowhere in this process. */
function header(path) {
  const bytes = Buffer.alloc(100)
  readSync(openSync(path, 'r'), bytes)
  return bytes
}

/** Changes the same rows until a checkpoint has written them to the file: it gets no longer, and its header stays. */
const CHANGE = async (db, path, statSync, name) => {
  const before = statSync(path).mtimeMs
  for (let i = 0; i < 500 || statSync(path).mtimeMs === before; i++) {
    await db.users.updateMany({ all: true }, { name: `${name} ${i % 10}` })
  }
  await new Promise(done => setTimeout(done, 300))
}

test('an older backup of the same database, alike in its first bytes and in its length', unix, async t => {
  for (const by of ['itself', 'another process']) {
    const url = fileUrl(t)
    const path = pathOf(url)
    const db = opened(t, url)
    await initDb({ db })
    await db.users.createMany(many(5, 'row'))
    await CHANGE(db, path, statSync, 'old')
    await db.health()
    sh('cp $1 $1.bak', path)
    // Nothing looks between the checkpoint and the copy.
    if (by === 'itself') {
      await CHANGE(db, path, statSync, 'new')
    } else {
      const source = `const db = open({ models, url });
        (${CHANGE})(db, ${JSON.stringify(path)}, require('node:fs').statSync, 'new').then(() => db.close())`
      const { code, stderr } = await program(url, source)
      assert.deepEqual([code, stderr], [0, ''])
    }
    sh('cp $1 $1.new', path)
    assert.deepEqual(header(`${path}.bak`), header(`${path}.new`), 'the first bytes do not tell')
    assert.equal(statSync(`${path}.bak`).size, statSync(`${path}.new`).size)
    assert.notDeepEqual(readFileSync(`${path}.bak`), readFileSync(`${path}.new`))
    sh('cp $1.bak $1', path)
    await fails(() => db.users.create({ email: 'late' }), gone)
    assert.deepEqual([(await db.health()).status, (await db.health()).code], ['down', 'FILE_GONE'])
    await db.close()
    assert.deepEqual(readFileSync(path), readFileSync(`${path}.bak`), by)
  }
})

test('health says what SQLite found damaged', unix, async t => {
  const url = fileUrl(t)
  const path = pathOf(url)
  const before = opened(t, url)
  await initDb({ db: before })
  await before.users.createMany(many(500, 'row'))
  await before.close()
  // Everything behind the schema's page.
  sh('dd if=/dev/urandom of=$1 bs=4096 seek=1 count=20 conv=notrunc status=none', path)
  const db = opened(t, url)
  assert.equal((await db.health()).status, 'ok', 'nothing is known of it yet')
  await fails(() => db.users.list(), { code: 'CORRUPT' })
  assert.deepEqual([(await db.health()).status, (await db.health()).code], ['down', 'CORRUPT'])
})
