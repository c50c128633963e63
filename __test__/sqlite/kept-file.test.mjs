// The copy that a reset of an SQLite file keeps beside it; and that nothing of the old rows is left
// in the file itself.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { c, model, open, resetDb, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { models, opened, program } from '../support/engine.mjs'
import { folder } from '../support/project.mjs'

/** A process whose files have a limit of size stands for a disk that is full. */
const limited = { skip: process.platform === 'win32' && 'needs ulimit' }

const SECRET = 'a text that must not be found again'
const copies = dir => readdirSync(dir).filter(name => name.includes('.kept-'))
const holds = path => [path, `${path}-wal`].filter(existsSync).some(file => readFileSync(file).includes(SECRET))

test('the copy has all rows, the mode of the original, and a name with the time; the oldest goes', async t => {
  const dir = folder(t)
  const path = join(dir, 'app.db')
  const url = `sqlite:///${path}`
  const db = opened(t, url)
  await resetDb({ db })
  chmodSync(path, 0o640)
  const files = []
  for (let n = 1; n <= 4; n++) {
    await db.users.createMany(Array.from({ length: n }, (_, i) => ({ email: `${i}` })))
    const { keptFile, droppedFiles = [] } = await resetDb({ db, keep: true })
    files.push(keptFile)
    assert.match(basename(keptFile), /^app\.kept-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.db$/)
    assert.equal(statSync(keptFile).mode & 0o777, 0o640)
    assert.deepEqual(droppedFiles, n === 4 ? [files[0]] : [])
    const copy = open({ models, url: `sqlite:///${keptFile}` })
    assert.equal(await copy.users.count(), n)
    await copy.close()
  }
  for (const file of files.slice(1)) assert.ok(copies(dir).includes(basename(file)))
  assert.equal(existsSync(files[0]), false)
})

test('the copy just made stays after a clock was set back, and so do files with names of their own', async t => {
  const dir = folder(t)
  const url = `sqlite:///${join(dir, 'app.db')}`
  const db = opened(t, url)
  await resetDb({ db })
  const named = 'app.kept-2026-11-30-before-launch.db'
  const later = [2090, 2091, 2092].map(year => `app.kept-${year}-11-30T10-15-00.000Z.db`)
  for (const name of [named, ...later]) writeFileSync(join(dir, name), 'a copy')
  await db.users.create({ email: 'a' })
  const { keptFile, droppedFiles } = await resetDb({ db, keep: true })
  assert.deepEqual(
    droppedFiles.map(file => basename(file)),
    [later[0]],
  )
  assert.deepEqual(copies(dir).toSorted(), [named, basename(keptFile), ...later.slice(1)].toSorted())
})

test('what is too large, and a reset that fails, leave no copy and every row', async t => {
  const dir = folder(t)
  const url = `sqlite:///${join(dir, 'app.db')}`
  const db = opened(t, url)
  await resetDb({ db })
  await db.users.create({ email: 'a' })
  const error = await fails(() => resetDb({ db, keep: { maxBytes: 1000 } }), {
    code: 'KEEP_REFUSED',
    hint: /--no-keep/,
  })
  assert.match(error.message, /keep\.maxBytes is 1000 bytes/)
  // A check with a function that SQLite does not have: the copy is written by then, and the tables are dropped.
  const impossible = schema({ bad: model('bad', { id: c.id(), n: c.integer().check('no_such_function(n) > 0') }) })
  await fails(() => resetDb({ models: impossible, url, keep: true }), { code: 'SQL_FAILED' })
  assert.deepEqual(copies(dir), [])
  assert.equal(await db.users.count(), 1)
})

test('a disk that has no room for the copy: DISK_FULL, no copy, and every row', limited, async t => {
  const dir = folder(t)
  const url = `sqlite:///${join(dir, 'app.db')}`
  const fill = open({ models, url })
  await resetDb({ db: fill })
  await fill.users.createMany(Array.from({ length: 5000 }, (_, i) => ({ email: `${i} ${SECRET}` })))
  await fill.close()
  const { stdout } = await program(
    url,
    `resetDb({ models, url, keep: true }).then(() => console.log('done'), error => console.log(error.code, error.retryable))`,
    { shell: 'ulimit -f 200' },
  )
  assert.equal(stdout, 'DISK_FULL false\n')
  assert.deepEqual(
    readdirSync(dir).filter(name => name.includes('kept')),
    [],
  )
  const db = opened(t, url)
  assert.equal(await db.users.count(), 5000)
})

test('a reset leaves no old row readable, and reports that', async t => {
  const dir = folder(t)
  const path = join(dir, 'app.db')
  const url = `sqlite:///${path}`
  const db = opened(t, url)
  await resetDb({ db })
  const fill = async () => {
    await db.users.createMany(Array.from({ length: 300 }, (_, i) => ({ email: `${i} ${SECRET}` })))
    // Deleted long before the reset.
    await db.users.deleteMany({ where: { id: { lte: 150 } } })
  }
  await fill()
  assert.equal(holds(path), true)
  const report = await resetDb({ db })
  assert.deepEqual([report.erased, report.notErased], [true, undefined])
  assert.equal(holds(path), false)
  // A reader holds its snapshot: the log stays, and the report says why.
  await fill()
  const reader = db.users.stream({ batch: 1 })[Symbol.asyncIterator]()
  await reader.next()
  const beside = await resetDb({ models, url })
  assert.equal(beside.erased, false)
  assert.match(beside.notErased, /reads or writes/)
  assert.equal(holds(path), true)
  await reader.return()
  assert.equal((await resetDb({ db })).erased, true)
  assert.equal(holds(path), false)
  await db.users.create({ email: 'after' })
})
