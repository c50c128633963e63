// The accidents of a database: no file, the wrong file, no permission, no room, locks of others.
// Each fault has a code of its own, and when its cause is gone the same handle works again.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initDb, open, resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { emails, models, opened, program, start } from '../support/engine.mjs'
import { folder } from '../support/project.mjs'

/** Every way of reaching a database meets the same fault. */
async function everyCall(db, code) {
  await fails(() => db.users.count(), { code })
  await fails(() => db.users.get(1), { code })
  await fails(() => db.users.create({ email: 'a' }), { code })
  await fails(() => db.transaction(async tx => tx.users.count()), { code })
  await fails(() => db.transaction(async tx => tx.users.count(), { readOnly: true }), { code })
  await fails(async () => db.sync.users.count(), { code })
  await fails(() => initDb({ db }), { code })
  const { status, error, serverVersion } = await db.health()
  assert.deepEqual([status, serverVersion, typeof error], ['down', null, 'string'])
}

test('a file that is not a database is reported as such, is left as it is, and may be replaced', async t => {
  const url = fileUrl(t)
  const text = 'Dear diary, this is not a database but long enough to be read. '.repeat(100)
  writeFileSync(pathOf(url), text)
  const db = opened(t, url)
  await everyCall(db, 'NOT_A_DATABASE')
  await fails(() => initDb({ models, url }), { code: 'NOT_A_DATABASE', hint: /DATABASE_URL/ })
  await fails(() => resetDb({ models, url }), { code: 'NOT_A_DATABASE' })
  assert.equal(readFileSync(pathOf(url), 'utf8'), text)
  rmSync(pathOf(url))
  await initDb({ db })
  await db.users.create({ email: 'a' })
  assert.equal(db.sync.users.count(), 1)
})

test('a folder in place of the file is reported as such, and may be moved away', async t => {
  const url = fileUrl(t)
  mkdirSync(pathOf(url))
  const db = opened(t, url)
  await everyCall(db, 'CANNOT_OPEN')
  const error = await fails(() => db.users.count(), { expected: 'a file', found: 'a folder' })
  assert.match(error.message, /is a folder, not a database file/)
  renameSync(pathOf(url), `${pathOf(url)}.folder`)
  await initDb({ db })
  assert.equal(await db.users.count(), 0)
})

test('a file in place of a parent folder is CANNOT_OPEN', async t => {
  const path = folder(t)
  writeFileSync(join(path, 'file'), '')
  const db = opened(t, `sqlite:///${join(path, 'file/app.db')}`)
  await everyCall(db, 'CANNOT_OPEN')
  rmSync(join(path, 'file'))
  await initDb({ db })
  assert.equal(await db.users.count(), 0)
})

test('a damaged database is CORRUPT or no database, and never a crash', async t => {
  const url = fileUrl(t)
  const db = open({ models, url })
  await initDb({ db })
  await db.users.createMany(Array.from({ length: 3000 }, (_, i) => ({ email: `${i}`, name: 'x'.repeat(50) })))
  await db.close()
  const bytes = readFileSync(pathOf(url))
  bytes.fill(0xa5, 4096 * 3)
  writeFileSync(pathOf(url), bytes)
  const broken = opened(t, url)
  await fails(() => broken.users.list(), { code: 'CORRUPT', hint: /backup/ })
  await fails(() => broken.users.updateMany({ all: true }, { name: 'y' }), { code: 'CORRUPT' })
})

test('URLs that mean no database are refused when they are opened, without being repeated', async () => {
  for (const url of [
    '',
    'mysql://root:secret@host/db',
    'sqlite://host/app.db',
    'postgres://u:secret@h:port/d',
    'postgres://u:secret@h/d?nope=secret',
    '://secret',
    'a\0b',
  ]) {
    const error = await fails(async () => open({ models, url }), { code: 'URL_INVALID' })
    assert.doesNotMatch(JSON.stringify(error) + error.message + error.stack, /secret/)
    await fails(() => initDb({ models, url }), { code: 'URL_INVALID' })
    await fails(() => resetDb({ models, url }), { code: 'URL_INVALID' })
  }
})

/** Runs a program as a user with few permissions. As root: as the user `nobody`. */
const weak = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
const unix = process.platform === 'win32' ? { skip: 'permissions are those of Unix' } : {}

/** In a child: prints the code of every way to use a database. */
const CODES = `
const code = async work => { try { await work(); return 'ok' } catch (e) { return e.code ?? String(e) } }
const reads = db => code(() => db.users.count())
const writes = db => code(() => db.users.create({ email: String(Math.random()) }))
// The files beside a read-only database go with the last connection that was opened while it was read-only.
const soon = async work => {
  for (let i = 0; i < 100; i++) {
    if (await work() === 'ok') return 'ok'
    await new Promise(r => setTimeout(r, 20))
  }
  return 'never'
}
const next = () => new Promise(r => process.stdin.once('data', r))
const say = (...all) => console.log(all.join(' '));
`

test('a file that may only be read is read, refuses writes, and takes them once it is allowed', unix, async t => {
  const url = fileUrl(t)
  const path = pathOf(url)
  const db = open({ models, url })
  await initDb({ db })
  await db.users.create({ email: 'a' })
  await db.close()
  chmodSync(join(path, '..'), 0o777)
  chmodSync(path, 0o444)
  const { child, ended, printed } = start(
    url,
    `${CODES}
    (async () => {
      const db = open({ models, url })
      // initDb finds all tables, and needs to write nothing.
      say('before', await reads(db), await writes(db), await code(() => db.transaction(tx => tx.users.create({ email: 'x' }))),
        await code(() => db.sync.users.create({ email: 'y' })), await code(() => initDb({ db })),
        await code(() => Promise.all([1, 2, 3].map(i => db.users.create({ email: 'p' + i })))), '.')
      await next()
      say('after', await reads(db), await soon(() => writes(db)), await code(() => db.sync.users.create({ email: 'y' })), await reads(db), '.')
      process.exit()
    })()`,
    weak,
  )
  await Promise.race([printed('.'), ended])
  chmodSync(path, 0o666)
  child.stdin.end('go')
  const { stdout, stderr } = await ended
  assert.equal(stderr, '')
  const [before, after] = stdout.trim().split('\n')
  assert.equal(before, 'before ok READ_ONLY READ_ONLY READ_ONLY ok READ_ONLY .')
  assert.equal(after, 'after ok ok ok ok .')
})

test('a folder that may not be written, or not be entered, is CANNOT_OPEN or READ_ONLY until it may', unix, async t => {
  const url = fileUrl(t)
  const parent = join(pathOf(url), '..')
  chmodSync(parent, 0o555)
  const { child, ended, printed } = start(
    url,
    `${CODES}
    (async () => {
      const db = open({ models, url })
      const deep = open({ models, url: url.replace('app.db', 'deep/app.db') })
      say('before', await reads(db), await writes(db), await reads(deep), await code(() => initDb({ db })), (await db.health()).status, '.')
      await next()
      say('after', await code(() => initDb({ db })), await writes(db), await code(() => initDb({ db: deep })), await writes(deep),
        (await db.health()).status, '.')
      process.exit()
    })()`,
    weak,
  )
  await Promise.race([printed('.'), ended])
  chmodSync(parent, 0o777)
  child.stdin.end('go')
  const { stdout, stderr } = await ended
  assert.equal(stderr, '')
  assert.deepEqual(stdout.trim().split('\n'), [
    'before CANNOT_OPEN CANNOT_OPEN CANNOT_OPEN CANNOT_OPEN down .',
    'after ok ok ok ok ok .',
  ])
})

test('a file of somebody else is CANNOT_OPEN', unix, async t => {
  const url = fileUrl(t)
  await initDb({ models, url })
  chmodSync(join(pathOf(url), '..'), 0o777)
  chmodSync(pathOf(url), 0o000)
  const { stdout, stderr } = await program(
    url,
    `${CODES}
    (async () => {
      const db = open({ models, url })
      say(await reads(db), await writes(db), await code(() => initDb({ models, url })), await code(() => resetDb({ models, url })))
    })()`,
    weak,
  )
  assert.deepEqual([stdout, stderr], ['CANNOT_OPEN CANNOT_OPEN CANNOT_OPEN CANNOT_OPEN\n', ''])
})

const limited = process.platform === 'linux' ? {} : { skip: 'needs RLIMIT_FSIZE and bash' }

test(
  'a disk that is full is DISK_FULL, keeps what was confirmed, and is written again when there is room',
  limited,
  async t => {
    const url = fileUrl(t)
    await initDb({ models, url })
    // Soft, so that the process may raise it by itself: prlimit on its own number.
    const { code, stdout, stderr } = await program(
      url,
      `${CODES}
    const { execFileSync } = require('node:child_process');
    (async () => {
      const db = open({ models, url })
      const name = 'x'.repeat(2000)
      let confirmed = 0
      let full
      for (let i = 0; i < 2000 && !full; i++) {
        const all = await Promise.allSettled(Array.from({ length: 8 }, (_, k) => db.users.create({ email: i + ' ' + k, name })))
        for (const one of all) {
          if (one.status === 'fulfilled') confirmed++
          else full = one.reason
        }
      }
      say(full?.code, full?.retryable, await db.users.count() === confirmed, confirmed > 50)
      const big = () => db.users.createMany(Array.from({ length: 500 }, (_, i) => ({ email: 'many ' + i, name })))
      say(await code(big), await code(() => db.transaction(tx => tx.users.createMany([{ email: 't', name: name.repeat(400) }]))),
        await code(() => db.sync.users.create({ email: 's', name: name.repeat(400) })), await db.users.count() === confirmed)
      execFileSync('prlimit', ['--fsize=unlimited:unlimited', '--pid', String(process.pid)])
      say(await code(big), await writes(db), await code(() => db.sync.users.create({ email: 's' })), await db.users.count() - confirmed)
      say((await db.sql\`SELECT integrity_check AS ok FROM pragma_integrity_check\`)[0].ok)
      await db.close()
    })()`,
      { shell: 'ulimit -S -f 600' },
    )
    assert.equal(stderr, '')
    assert.deepEqual(stdout.trim().split('\n'), [
      'DISK_FULL false true true',
      'DISK_FULL DISK_FULL DISK_FULL true',
      'ok ok ok 502',
      'ok',
    ])
    assert.equal(code, 0)
  },
)

test('initDb on a full disk reports it and leaves nothing half-made', limited, async t => {
  const url = fileUrl(t)
  const { stdout, stderr } = await program(
    url,
    `${CODES}
    (async () => { say(await code(() => initDb({ models, url }))) })()`,
    { shell: 'ulimit -f 8' },
  )
  assert.deepEqual([stdout, stderr], ['DISK_FULL\n', ''])
  const report = await initDb({ models, url })
  assert.deepEqual(report.created.tables, ['users', 'posts'])
})

test('a signal handler for the size limit that the program set stays its own', limited, async t => {
  const { stdout } = await program(
    fileUrl(t),
    `const waiting = setTimeout(() => {}, 30_000)
    process.on('SIGXFSZ', () => {
      console.log('mine')
      clearTimeout(waiting)
    })
    const db = open({ models, url })
    db.sql\`SELECT 1\`.then(() => process.kill(process.pid, 'SIGXFSZ'))`,
  )
  assert.equal(stdout, 'mine\n')
})

test('the lock of another process is waited for, then BUSY and worth a retry, for all callers together', async t => {
  const url = fileUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  const { child, ended, printed } = start(
    url,
    `const db = open({ models, url })
    // Kept: a session without a reference is closed when it is collected.
    const session = (globalThis.held = db.session())
    session.users.create({ email: 'held' }).then(() => console.log('locked'))
    process.stdin.once('data', () => process.exit())
    setTimeout(() => {}, 60000)`,
  )
  await printed('locked')
  const began = Date.now()
  const busy = { code: 'BUSY', retryable: true, hint: /again/ }
  await Promise.all([
    fails(() => db.users.create({ email: 'first' }), busy),
    ...Array.from({ length: 40 }, (_, i) => fails(() => db.users.create({ email: `${i}` }), busy)),
  ])
  const waited = Date.now() - began
  assert.ok(waited >= 9_000, `it waited ${waited} ms, less than the timeout`)
  // One after the other they would have taken 41 times as long.
  assert.ok(waited < 60_000, `it waited ${waited} ms`)
  const session = db.session()
  const [one, two] = [session.users.create({ email: 'one' }), session.users.create({ email: 'two' })]
  await Promise.all([fails(() => one, busy), fails(() => two, busy)])
  assert.equal(await db.users.count(), 0)
  const waiting = session.users.create({ email: 'three' })
  child.stdin.end('go')
  await ended
  assert.equal((await waiting).email, 'three')
  await session.commit()
  await session.close()
  db.sync.users.create({ email: 'four' })
  assert.deepEqual(await emails(db), ['three', 'four'])
})
