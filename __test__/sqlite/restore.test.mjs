// Restores: a backup in the place of what a database holds, while handles of this process and of another have it open.
import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { backup, c, initDb, model, open, restore, schema } from 'plinth'
import { bare, digest, filled, held, heldBy, kept, others, state } from '../support/backup.mjs'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { opened, program, start } from '../support/engine.mjs'
import { entryPath, folder } from '../support/project.mjs'

const unix = process.platform === 'win32' ? { skip: 'links and rights are those of Unix' } : {}
const limited = process.platform === 'linux' ? {} : { skip: 'needs RLIMIT_FSIZE and bash' }

/** A backup beside a database. */
async function copyOf(t, word, rows, options) {
  const { url } = await filled(t, word, rows, options)
  const file = join(folder(t), 'copy.db')
  await backup({ ...bare, url, file })
  return file
}

test('the report says what was restored, what was kept, and how far it came', async t => {
  const file = await copyOf(t, 'new', 5000)
  const { url, path } = await filled(t, 'old', 2000)
  chmodSync(path, 0o640)
  const before = digest(file)
  const progress = []
  const report = await restore({ ...bare, url, file, onProgress: step => progress.push(step) })
  const { durationMs, ...rest } = report
  const [keeps] = kept(path)
  const { size } = statSync(file)
  const expected = { path: file, backup: keeps, bytes: size, pages: size / 4096, revision: null, pending: null }
  assert.deepEqual(rest, { url, ...expected })
  assert.ok(durationMs > 0)
  const pages = report.pages + statSync(keeps).size / 4096
  assert.deepEqual(progress.at(-1), { pages, of: pages })
  assert.deepEqual(new Set(progress.map(({ of }) => of)), new Set([pages]))
  assert.deepEqual(
    progress.map(step => step.pages),
    progress.map(step => step.pages).toSorted((a, b) => a - b),
  )
  assert.equal(await held(path), 'new 5000')
  assert.equal(await held(keeps), 'old 2000')
  if (process.platform !== 'win32') assert.equal(statSync(keeps).mode & 0o777, 0o640)
  assert.equal(statSync(path).mode & 0o777, 0o640)
  assert.equal(digest(file), before, 'the backup is left as it was')
  // The way back.
  await restore({ ...bare, url, file: keeps })
  assert.equal(await held(path), 'old 2000')
  assert.equal(kept(path).length, 2)
})

test('a file that is overwritten while it is restored is BUSY, and the database is as it was', async t => {
  const file = await copyOf(t, 'new', 20_000, { size: 1000 })
  const { url, path } = await filled(t, 'old', 20_000, { size: 1000 })
  const other = readFileSync(file).fill(7, 8192)
  let written = false
  const onProgress = () => {
    if (!written) writeFileSync(file, other)
    written = true
  }
  await fails(() => restore({ ...bare, url, file, onProgress }), { code: 'BUSY', message: /was changed/ })
  assert.equal(await held(path), 'old 20000')
  assert.deepEqual(kept(path), [])
})

test('handles of this process and of another go on, and see one state or the other', async t => {
  const copies = { new: await copyOf(t, 'new', 3000), small: await copyOf(t, 'small', 5) }
  const { url, path } = await filled(t, 'old', 4000)
  // The values that it reads: one word and its number of rows, or BUSY of a write that waited.
  const other = start(
    url,
    `const db = open({ models, url })
    let stopped = false
    process.stdin.once('data', () => { stopped = true });
    const seen = new Set();
    (async () => {
      for (let i = 0; !stopped; i++) {
        const emails = (await db.users.list({ select: ['email'] })).map(row => row.email.split(' ')[0])
        const size = seen.size
        seen.add([...new Set(emails)] + ' ' + emails.length)
        if (emails.length === 3000 && seen.size > size) console.log('sees the new one')
        db.sync.users.count()
        await db.posts.create({ userId: 1, title: 'from another' })
        if (i === 3) console.log('reading')
      }
      console.log(JSON.stringify([...seen].sort()))
      await db.users.create({ email: 'late' })
      for (let i = 0; i < 400; i++) await db.posts.create({ userId: 1, title: 'z'.repeat(20000) })
      console.log((await db.health()).status)
      await db.close()
    })()`,
  )
  await other.printed('reading')
  const db = opened(t, url)
  let running = true
  const seen = new Set()
  const reading = (async () => {
    while (running) {
      seen.add(await heldBy(db))
      await db.users.get(1)
      await db.posts.create({ userId: 1, title: 'from here' })
    }
  })()
  const stream = db.users.stream({ batch: 10 })[Symbol.asyncIterator]()
  await stream.next()
  for (const name of ['new', 'small', 'new']) {
    await restore({ db, file: copies[name] })
    assert.equal(await heldBy(db), name === 'small' ? 'small 5' : 'new 3000')
  }
  // A stream goes on in its own snapshot.
  let streamed = 1
  for (let step = await stream.next(); !step.done; step = await stream.next()) {
    assert.match(step.value.email, /^old /)
    streamed++
  }
  assert.equal(streamed, 4000)
  running = false
  await reading
  for (const word of seen) assert.ok(['old 4000', 'new 3000', 'small 5'].includes(word), word)
  await other.printed('sees the new one')
  other.child.stdin.end('stop')
  const { stdout, stderr } = await other.ended
  assert.equal(stderr, '')
  const lines = stdout.trim().split('\n')
  assert.equal(lines.at(-1), 'ok')
  const states = JSON.parse(lines.at(-2))
  assert.ok(states.includes('old 4000') && states.includes('new 3000'), `${states}`)
  for (const word of states) assert.ok(['old 4000', 'new 3000', 'small 5'].includes(word), word)
  // Both write after it, more than a checkpoint moves at once.
  for (let i = 0; i < 400; i++) await db.posts.create({ userId: 1, title: 'z'.repeat(20_000) })
  assert.equal((await db.health()).status, 'ok')
  assert.equal(await db.users.count(), 3001)
  await db.close()
  assert.equal(kept(path).length, 3)
})

test('nothing that was confirmed is lost: it is in what was kept, or in the database', async t => {
  const file = await copyOf(t, 'new', 2000)
  const { url, path } = await filled(t, 'old', 2000)
  const db = opened(t, url)
  let running = true
  const confirmed = []
  const writing = (async () => {
    for (let i = 0; running; i++) {
      const { email } = await db.users.create({ email: `late ${i}` })
      confirmed.push(email)
    }
  })()
  while (confirmed.length < 20) await new Promise(setImmediate)
  await restore({ db, file })
  running = false
  await writing
  const keeping = opened(t, `sqlite:///${kept(path)[0]}`)
  const late = async of => (await of.users.list({ where: { email: { startsWith: 'late' } } })).map(row => row.email)
  const both = [...(await late(keeping)), ...(await late(db))]
  assert.deepEqual(both.toSorted(), confirmed.toSorted())
})

test('statements that were prepared read other columns where the restored tables have them', async t => {
  const turned = schema({ users: model('users', { name: c.text().nullable(), id: c.id(), email: c.text().unique() }) })
  const source = fileUrl(t)
  await initDb({ models: turned, url: source })
  const from = open({ models: turned, url: source })
  await from.users.create({ email: 'turned', name: 'its name' })
  await from.close()
  const { url } = await filled(t, 'old', 3)
  const db = opened(t, url)
  const all = () => db.users.list({ orderBy: { id: 'asc' } })
  assert.equal((await all()).length, 3)
  assert.equal(db.sync.users.get(1).email, 'old 0')
  await restore({ db, file: pathOf(source) })
  assert.deepEqual(await all(), [{ id: 1, email: 'turned', name: 'its name' }])
  assert.deepEqual(db.sync.users.get(1), { id: 1, email: 'turned', name: 'its name' })
  await db.users.create({ email: 'next' })
  await fails(() => db.posts.count(), { code: 'SQL_FAILED' })
})

test('an older state of the same database, again and again, with the log at work', async t => {
  const { url, path } = await filled(t, 'old', 300)
  const db = opened(t, url)
  const file = join(dirname(path), 'copy.db')
  await backup({ db, file })
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 300; i++)
      await db.users.updateMany({ where: { email: 'old 1' } }, { name: 'x'.repeat(9000) + i })
    await db.users.createMany(state('more', 200, 3000))
    await restore({ db, file })
    assert.equal(await heldBy(db), 'old 300')
    const { name } = await db.users.find({ where: { email: 'old 1' } })
    assert.equal(name, 'x'.repeat(200))
    assert.equal((await db.health()).status, 'ok')
  }
})

test('a missing database is created, with any page size', async t => {
  const file = await copyOf(t, 'new', 100)
  const url = `sqlite:///${join(folder(t), 'deep/app.db')}`
  const report = await restore({ ...bare, url, file })
  assert.equal(report.backup, null)
  assert.equal(await held(pathOf(url)), 'new 100')
  assert.deepEqual(others(pathOf(url)), [])
  // SQLite would take an old log for the log of the new file.
  const path = join(folder(t), 'app.db')
  writeFileSync(`${path}-wal`, 'left')
  await fails(() => restore({ ...bare, url: `sqlite:///${path}`, file }), {
    code: 'CANNOT_OPEN',
    message: /app\.db-wal/,
  })
  assert.ok(!existsSync(path))
})

test('what is no backup is refused, and nothing changes', async t => {
  const { url, path } = await filled(t, 'old', 300)
  const dir = folder(t)
  const make = (name, content) => {
    writeFileSync(join(dir, name), content)
    return join(dir, name)
  }
  const whole = await copyOf(t, 'new', 3000)
  const damaged = readFileSync(whole)
  damaged.fill(0xa5, 4096 * 20, 4096 * 24)
  mkdirSync(join(dir, 'folder'))
  const cases = [
    [join(dir, 'none.db'), { code: 'CANNOT_OPEN', message: /none\.db/ }],
    [join(dir, 'folder'), { code: 'CANNOT_OPEN', expected: 'a file' }],
    [make('empty.db', ''), { code: 'NOT_A_DATABASE', found: 'an empty file' }],
    [make('text.db', 'This is not a database.'.repeat(500)), { code: 'NOT_A_DATABASE', message: /text\.db/ }],
    [make('damaged.db', damaged), { code: 'CORRUPT', message: /damaged\.db/ }],
    [make('cut.db', readFileSync(whole).subarray(0, 4096 * 30)), { code: 'CORRUPT', message: /cut\.db/ }],
    [path, { code: 'QUERY_INVALID', message: /is the database itself/ }],
  ]
  if (process.platform !== 'win32') {
    symlinkSync(path, join(dir, 'link.db'))
    cases.push([join(dir, 'link.db'), { code: 'QUERY_INVALID', message: /is the database itself/ }])
  }
  const db = opened(t, url)
  for (const [file, fields] of cases) {
    await fails(() => restore({ db, file }), fields)
    assert.deepEqual(kept(path), [], file)
    assert.equal((await db.health()).status, 'ok', file)
  }
  assert.equal(await heldBy(db), 'old 300')
  assert.deepEqual(others(path), [])
  await fails(() => restore({ db }), { code: 'QUERY_INVALID', hint: /plinth restore --file/ })
  await fails(() => restore({ db, file: whole, from: 'x' }), { code: 'UNKNOWN_OPTION' })
  await db.transaction(async () => {
    await fails(() => restore({ db, file: whole }), { code: 'OUTER_DB_IN_TRANSACTION' })
  })
  const memory = opened(t, 'sqlite::memory:')
  await fails(() => restore({ db: memory, file: whole }), { code: 'QUERY_INVALID', message: /in memory/ })
})

test('a damaged database is kept as it is, and is sound once it is restored', async t => {
  const file = await copyOf(t, 'new', 300)
  const { url, path } = await filled(t, 'old', 3000)
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 4096 * 20, 4096 * 24)
  writeFileSync(path, bytes)
  const db = opened(t, url)
  await fails(() => db.users.list(), { code: 'CORRUPT', hint: /plinth restore/ })
  assert.equal((await db.health()).code, 'CORRUPT')
  const report = await restore({ db, file })
  assert.equal(await heldBy(db), 'new 300')
  assert.equal((await db.health()).status, 'ok')
  await db.users.create({ email: 'new 300' })
  // The damage is kept, for a person that wants to save the readable rest.
  assert.deepEqual(readFileSync(report.backup).subarray(4096 * 20, 4096 * 24), Buffer.alloc(4096 * 4, 0xa5))
  await db.close()

  writeFileSync(path, 'This is not a database.'.repeat(500))
  const moved = { code: 'NOT_A_DATABASE', hint: /move it and its -wal away/ }
  await fails(() => restore({ ...bare, url, file }), moved)
  rmSync(path)
  await restore({ ...bare, url, file })
  assert.equal(await held(path), 'new 300')
})

test('production needs force', async t => {
  const file = await copyOf(t, 'new', 3)
  const { url, path } = await filled(t, 'old', 3)
  const env = { NODE_ENV: 'production' }
  const refused = { code: 'RESET_REFUSED', expected: 'force', found: 'NODE_ENV=production', hint: /--force/ }
  await fails(() => restore({ ...bare, url, file, env }), refused)
  assert.equal(await held(path), 'old 3')
  await restore({ ...bare, url, file, env, force: true })
  assert.equal(await held(path), 'new 3')
})

test('the lock of another process is waited for, then BUSY or TIMEOUT; the other loses nothing', async t => {
  const file = await copyOf(t, 'new', 300)
  const { url, path } = await filled(t, 'old', 300)
  const { child, ended, printed } = start(
    url,
    `const db = open({ models, url })
    const session = (globalThis.held = db.session())
    session.users.create({ email: 'old 300' }).then(() => console.log('locked'))
    process.stdin.once('data', async () => {
      await session.commit()
      await session.close()
      await db.close()
    })`,
  )
  await printed('locked')
  const began = Date.now()
  await fails(() => restore({ ...bare, url, file, timeout: 300 }), { code: 'TIMEOUT', mayHaveCommitted: false })
  assert.ok(Date.now() - began < 5000)
  await fails(() => restore({ ...bare, url, file }), { code: 'BUSY', retryable: true })
  assert.ok(Date.now() - began < 30_000)
  assert.deepEqual(others(path), [])
  child.stdin.end('go')
  // Nothing but the warning of what it did to the others.
  assert.match((await ended).stderr, /^\(node:\d+\) \[PLINTH_IDLE_TRANSACTION\].*\n.*\n.*--trace-warnings.*\n$/)
  assert.equal(await held(path), 'old 301')
  await restore({ ...bare, url, file })
  assert.equal(await held(path), 'new 300')
})

test('one that takes too long changes nothing', async t => {
  const file = await copyOf(t, 'new', 20_000)
  const { url, path } = await filled(t, 'old', 20_000)
  for (const timeout of [1, 20, 60, 90, 120]) {
    const error = await restore({ ...bare, url, file, timeout }).then(
      () => undefined,
      thrown => thrown,
    )
    if (!error) break
    assert.equal(error.code, 'TIMEOUT')
    assert.deepEqual(others(path), [])
    assert.equal(await held(path), 'old 20000')
  }
})

test('a full disk is DISK_FULL and changes nothing: in what is kept, and in the log', limited, async t => {
  const large = await copyOf(t, 'new', 5000, { size: 1000 })
  const source = file => `const { restore } = require(${JSON.stringify(entryPath)})
    const db = open({ models, url });
    (async () => {
      await restore({ db, file: ${JSON.stringify(file)} }).then(() => console.log('ok'), error => console.log(error.code, error.message))
      console.log(await db.users.count(), (await db.users.create({ email: 'old after' })).email)
      await db.close()
    })()`
  for (const [rows, where] of [
    [5000, /cannot be kept/],
    [50, /no room left/],
  ]) {
    const { url, path } = await filled(t, 'old', rows, { size: 1000 })
    const { stdout, stderr } = await program(url, source(large), { shell: 'ulimit -f 1500' })
    assert.equal(stderr, '')
    const [refused, after] = stdout.trim().split('\n')
    assert.match(refused, /^DISK_FULL /)
    assert.match(refused, where)
    assert.equal(after, `${rows} old after`)
    assert.deepEqual(others(path), [])
    assert.equal(await held(path), `old ${rows + 1}`)
  }
})

test('a file that was replaced under an open handle is not restored into', unix, async t => {
  const file = await copyOf(t, 'new', 3)
  const { url, path } = await filled(t, 'old', 3)
  const db = opened(t, url)
  assert.equal(await db.users.count(), 3)
  renameSync(path, `${path}.moved`)
  await fails(() => restore({ db, file }), { code: 'FILE_GONE' })
  assert.ok(!existsSync(path))
})

test('a database that may only be read is READ_ONLY, and a backup in such a folder is restored', unix, async t => {
  const file = await copyOf(t, 'new', 30)
  const { url, path } = await filled(t, 'old', 30)
  const source = `const { restore } = require(${JSON.stringify(entryPath)})
    restore({ models, url, file: ${JSON.stringify(file)} })
      .then(() => console.log('ok'), error => console.log(error.code))`
  const weak = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  chmodSync(dirname(path), 0o777)
  chmodSync(dirname(file), 0o555)
  chmodSync(file, 0o444)
  chmodSync(path, 0o444)
  assert.match((await program(url, source, weak)).stdout, /^READ_ONLY/)
  assert.deepEqual(kept(path), [])
  rmSync(`${path}-wal`, { force: true })
  rmSync(`${path}-shm`, { force: true })
  chmodSync(path, 0o666)
  assert.deepEqual(await program(url, source, weak).then(({ stdout, stderr }) => [stdout, stderr]), ['ok\n', ''])
  chmodSync(dirname(file), 0o755)
  assert.equal(await held(path), 'new 30')
})
