// Backups: a database in use as one whole file, under writers and odd names; what is refused leaves nothing behind.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { backup, initDb, open } from 'plinth'
import { bare, filled, held, others, state } from '../support/backup.mjs'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { gate, models, opened, program, start } from '../support/engine.mjs'
import { entryPath, folder } from '../support/project.mjs'

const unix = process.platform === 'win32' ? { skip: 'permissions are those of Unix' } : {}
const limited = process.platform === 'linux' ? {} : { skip: 'needs RLIMIT_FSIZE and bash' }

test('a backup is one file with the mode of the database, and the report says what it is', async t => {
  const { url, path } = await filled(t, 'old', 3000)
  chmodSync(path, 0o640)
  const file = join(dirname(path), 'copy.db')
  const progress = []
  const report = await backup({ ...bare, url, file, onProgress: step => progress.push(step) })
  const { durationMs, ...rest } = report
  const { size, mode } = statSync(file)
  assert.deepEqual(rest, { url, path: file, bytes: size, pages: size / 4096 })
  assert.ok(durationMs > 0)
  if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o640)
  assert.deepEqual(others(path), ['copy.db'])
  assert.deepEqual(progress.at(-1), { pages: report.pages, of: report.pages })
  // Not on the log: it can be read even if nothing can be written beside it.
  assert.deepEqual([...readFileSync(file).subarray(18, 20)], [1, 1])
  assert.equal(await held(file), 'old 3000')
})

test('what is committed is in it, in the log or not, and what is not is not', async t => {
  const { url, path } = await filled(t, 'old', 10)
  const db = opened(t, url)
  await db.users.create({ email: 'old 10' })
  const session = db.session()
  await session.users.create({ email: 'open' })
  const file = join(dirname(path), 'copy.db')
  await backup({ db, file })
  assert.equal(await held(file), 'old 11')
  await session.close()
})

test('a path is taken as it is, relative to cwd', async t => {
  const cwd = folder(t)
  const { url } = await filled(t, 'old', 3)
  for (const name of [
    "o'clock.db",
    'a b?mode=memory.db',
    'file:x.db',
    '100%25 #1.db',
    'ä 文 🦀.db',
    ':memory:',
    '-rf',
    '.db',
  ]) {
    const { path } = await backup({ ...bare, url, cwd, file: name })
    assert.equal(path, join(cwd, name))
    assert.ok(existsSync(path), name)
    assert.deepEqual(
      others(path).filter(other => other.includes('.part')),
      [],
    )
  }
  const odd = `sqlite:///${join(cwd, "o'clock.db")}`
  await backup({ ...bare, url: odd, cwd, file: 'again.db' })
  assert.equal(await held(join(cwd, 'again.db')), 'old 3')
})

test('a database in memory is copied, too', async t => {
  const db = opened(t, 'sqlite::memory:')
  await initDb({ db })
  await db.users.createMany(state('memory', 500))
  const file = join(folder(t), 'copy.db')
  await backup({ db, file })
  assert.equal(await held(file), 'memory 500')
  await db.users.create({ email: 'memory 500' })
  await fails(() => backup({ ...bare, url: 'sqlite::memory:', file: 'x.db' }), { code: 'QUERY_INVALID' })
})

test('an existing file is never overwritten, and nothing is created for a missing database', async t => {
  const { url, path } = await filled(t, 'old', 3)
  const dir = dirname(path)
  const exists = { code: 'CANNOT_OPEN', message: /exists/, hint: /Name another file/ }
  writeFileSync(join(dir, 'there.db'), 'mine')
  mkdirSync(join(dir, 'folder'))
  await fails(() => backup({ ...bare, url, file: join(dir, 'there.db') }), exists)
  await fails(() => backup({ ...bare, url, file: join(dir, 'folder') }), exists)
  await fails(() => backup({ ...bare, url, file: path }), exists)
  assert.equal(readFileSync(join(dir, 'there.db'), 'utf8'), 'mine')
  if (process.platform !== 'win32') {
    symlinkSync('nowhere', join(dir, 'link'))
    await fails(() => backup({ ...bare, url, file: join(dir, 'link') }), exists)
  }
  const deep = join(dir, 'no/such/copy.db')
  await fails(() => backup({ ...bare, url, file: deep }), { code: 'CANNOT_OPEN', message: /no\/such does not exist/ })
  const none = fileUrl(t)
  const missing = { code: 'CANNOT_OPEN', message: /does not exist/ }
  await fails(() => backup({ ...bare, url: none, file: join(dir, 'copy.db') }), missing)
  assert.ok(!existsSync(pathOf(none)))
  assert.deepEqual(others(path), ['folder', ...(process.platform === 'win32' ? [] : ['link']), 'there.db'])
})

test('options that are not understood', async t => {
  const { url } = await filled(t, 'old', 1)
  await fails(() => backup({ ...bare, url }), { code: 'QUERY_INVALID', hint: /plinth backup/ })
  await fails(() => backup({ ...bare, url, file: '' }), { code: 'QUERY_INVALID' })
  await fails(() => backup({ ...bare, url, file: 'x', to: 'y' }), { code: 'UNKNOWN_OPTION' })
  const db = opened(t, url)
  await db.transaction(async () => {
    await fails(() => backup({ db, file: 'x' }), { code: 'OUTER_DB_IN_TRANSACTION' })
  })
})

test('a damaged database is CORRUPT, and its copy is not a backup', async t => {
  const { url, path } = await filled(t, 'old', 3000)
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 4096 * 20, 4096 * 24)
  writeFileSync(path, bytes)
  const file = join(dirname(path), 'copy.db')
  await fails(() => backup({ ...bare, url, file }), { code: 'CORRUPT', hint: /backup/ })
  assert.deepEqual(others(path), [])
  writeFileSync(path, 'This is not a database.'.repeat(100))
  await fails(() => backup({ ...bare, url, file }), { code: 'NOT_A_DATABASE' })
  assert.deepEqual(others(path), [])
})

test('an index that lacks rows is damage to a full check; a quick one looks at pages and rows', async t => {
  const { url, path } = await filled(t, 'old', 3000)
  const db = open({ models, url })
  await db.sql`CREATE TABLE numbers (n)`
  await db.sql`CREATE INDEX "large" ON numbers (n) WHERE n > 5`
  await db.sql`INSERT INTO numbers VALUES (5), (6)`
  await db.close()
  const file = name => join(dirname(path), name)
  const write = change => {
    const bytes = readFileSync(path)
    change(bytes)
    writeFileSync(path, bytes)
  }
  // The index should hold the row 5, and does not.
  write(bytes => bytes.write('n > 4', bytes.indexOf('n > 5')))
  await fails(() => backup({ ...bare, url, file: file('full.db') }), { code: 'CORRUPT', message: /large/ })
  await backup({ ...bare, url, file: file('quick.db'), check: 'quick' })
  const copy = open({ models, url: `sqlite:///${file('quick.db')}` })
  assert.equal(await copy.users.count(), 3000)
  await copy.close()
  write(bytes => bytes.fill(0xa5, 4096 * 20, 4096 * 24))
  await fails(() => backup({ ...bare, url, file: file('damaged.db'), check: 'quick' }), { code: 'CORRUPT' })
  assert.deepEqual(others(path), ['quick.db'])
})

test('rows that a CHECK would refuse today are not damage', async t => {
  const { url, path } = await filled(t, 'old', 3)
  const db = open({ models, url })
  await db.sql`CREATE TABLE rules (n CHECK (n > 0))`
  await db.sql`INSERT INTO rules VALUES (5)`
  await db.close()
  // As a rule that was changed after the row had come.
  const bytes = readFileSync(path)
  bytes.write('9', bytes.indexOf('CHECK (n > 0)') + 'CHECK (n > '.length)
  writeFileSync(path, bytes)
  const again = opened(t, url)
  await fails(() => again.sql`INSERT INTO rules VALUES (5)`, { code: 'CHECK_VIOLATION' })
  await backup({ db: again, file: join(dirname(path), 'copy.db') })
})

test('a writer in another process neither stops a backup nor is stopped, and the copy is one moment', async t => {
  const { url, path } = await filled(t, 'old', 40_000, { size: 400 })
  // Each transaction writes a user and their post; a copy of two moments would have one without the other.
  const { child, ended, printed } = start(
    url,
    `const db = open({ models, url })
    let stopped = false
    process.stdin.once('data', () => { stopped = true });
    (async () => {
      let i = 0
      for (; !stopped; i++) {
        await db.transaction(async tx => {
          const { id } = await tx.users.create({ email: 'new ' + i, name: 'y'.repeat(3000) })
          await tx.posts.create({ userId: id, title: 'y'.repeat(3000) })
          await tx.users.updateMany({ where: { email: 'old ' + i } }, { name: String(i) })
        })
        if (i === 20) console.log('written')
      }
      console.log(i + ' done')
      await db.close()
    })()`,
  )
  await printed('written')
  const seen = []
  const began = Date.now()
  const db = opened(t, url)
  const file = join(dirname(path), 'copy.db')
  const before = await db.posts.count()
  await backup({ ...bare, url, file, onProgress: ({ pages }) => seen.push(pages) })
  const took = Date.now() - began
  const after = await db.posts.count()
  child.stdin.end('stop')
  const { stdout, stderr } = await ended
  assert.equal(stderr, '')
  assert.ok(seen.length > 4, `only ${seen.length} reports`)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
    'it never begins anew',
  )
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(took < 30_000, `it took ${took} ms`)
  assert.ok(after > before, `the writer stood still: ${stdout}`)
  const copy = opened(t, `sqlite:///${file}`)
  const [{ users, posts, changed }] = await copy.sql`SELECT
    (SELECT count(*) FROM users WHERE email LIKE 'new %') AS users, (SELECT count(*) FROM posts) AS posts,
    (SELECT count(*) FROM users WHERE length(name) < 10) AS changed`
  assert.deepEqual([users, changed], [posts, posts])
  assert.ok(posts >= before && posts <= after)
})

test('two backups to one file: one is made, the other gets an error', unix, async t => {
  const { url, path } = await filled(t, 'old', 20_000)
  const file = join(dirname(path), 'copy.db')
  const results = await Promise.allSettled([backup({ ...bare, url, file }), backup({ ...bare, url, file })])
  const codes = results.map(({ reason }) => reason?.code ?? 'ok').toSorted()
  assert.equal(codes.filter(code => code === 'ok').length, 1, String(codes))
  assert.ok(codes.includes('BUSY') || codes.includes('CANNOT_OPEN'), String(codes))
  assert.equal(await held(file), 'old 20000')
  assert.deepEqual(others(path), ['copy.db'])
})

test('one that takes too long is stopped, and leaves nothing', async t => {
  const { url, path } = await filled(t, 'old', 20_000, { size: 1000 })
  const file = join(dirname(path), 'copy.db')
  await fails(() => backup({ ...bare, url, file, timeout: 5 }), { code: 'TIMEOUT', mayHaveCommitted: false })
  assert.deepEqual(others(path), [])
})

test('what the function throws is thrown, and the backup is made', async t => {
  const { url, path } = await filled(t, 'old', 3)
  const file = join(dirname(path), 'copy.db')
  const error = new Error('mine')
  const onProgress = () => {
    throw error
  }
  await assert.rejects(
    () => backup({ ...bare, url, file, onProgress }),
    thrown => thrown === error,
  )
  assert.equal(await held(file), 'old 3')
})

test('a full disk is DISK_FULL, and nothing is left', limited, async t => {
  const { url, path } = await filled(t, 'old', 5000, { size: 1000 })
  const file = join(dirname(path), 'copy.db')
  const source = `require(${JSON.stringify(entryPath)}).backup({ models, url, file: ${JSON.stringify(file)} })
    .then(() => console.log('ok'), error => console.log(error.code, error.hint))`
  const began = Date.now()
  const { stdout, stderr } = await program(url, source, { shell: 'ulimit -f 1000' })
  assert.equal(stderr, '')
  assert.match(stdout, /^DISK_FULL .*Free some space/)
  assert.ok(Date.now() - began < 30_000)
  assert.deepEqual(others(path), [])
})

test('a folder that may not be written to is reported as such', unix, async t => {
  const { url, path } = await filled(t, 'old', 3)
  const dir = dirname(path)
  chmodSync(path, 0o666)
  chmodSync(dir, 0o777)
  const closed = join(dir, 'closed')
  mkdirSync(closed)
  chmodSync(closed, 0o555)
  const source = `require(${JSON.stringify(entryPath)}).backup({ models, url, file: ${JSON.stringify(join(closed, 'copy.db'))} })
    .then(() => console.log('ok'), error => console.log(error.code, error.message))`
  const weak = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  const { stdout } = await program(url, source, weak)
  assert.match(stdout, /^CANNOT_OPEN .*copy\.db\.part/)
  rmSync(closed, { recursive: true })
})

test('a handle goes on while it is backed up', async t => {
  const { url, path } = await filled(t, 'old', 20_000)
  const db = opened(t, url)
  const stopped = gate()
  let running = true
  let written = 0
  const writing = (async () => {
    for (; running; written++) await db.users.create({ email: `old +${written}` })
    stopped.open()
  })()
  const file = join(dirname(path), 'copy.db')
  await backup({ db, file })
  running = false
  await Promise.all([stopped.passed, writing])
  assert.ok(written > 0)
  assert.equal(await db.users.count(), 20_000 + written)
  assert.match(await held(file), /^old 20\d\d\d$/)
})
