// The file of an open database, or its log, is deleted, replaced, cut short or overwritten by somebody else: no call
// succeeds after that, nothing is created anew, and what was confirmed before is still there where anything is left.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, open, resetDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { fileUrl, pathOf } from '../support/dialect-sqlite.mjs'
import { emails, models, opened, start } from '../support/engine.mjs'

// Windows deletes and renames no file that is open; the tests' own tools are those of Unix.
const unix = process.platform === 'win32' ? { skip: 'Windows keeps open files in place' } : {}

/** As another process would: closing a descriptor of the file in this one would drop SQLite's locks. */
const cp = (from, to) => execFileSync('cp', [from, to])
const cut = (path, size) => execFileSync('dd', ['if=/dev/null', `of=${path}`, 'bs=1', `seek=${size}`, 'status=none'])
function remove(path, ...endings) {
  for (const ending of endings) rmSync(path + ending)
}

/** Makes a link anew. */
function link(target, path) {
  rmSync(path)
  symlinkSync(target, path)
}

/** Another database with the same tables beside it; gives its path. */
async function other(path) {
  const url = `sqlite:///${path}.other`
  const db = open({ models, url })
  await initDb({ db })
  await db.users.createMany(Array.from({ length: 200 }, (_, i) => ({ email: `other ${i}`, name: 'x'.repeat(100) })))
  await db.close()
  return `${path}.other`
}

/** What is done to a file, by name. */
const DEEDS = {
  'the file and its log are deleted': path => remove(path, '', '-wal', '-shm'),
  'the file alone is deleted': path => remove(path, ''),
  'the file is renamed away': path => renameSync(path, `${path}.away`),
  'the file is replaced by rename': path => renameSync(`${path}.other`, path),
  'the folder is renamed away': path => renameSync(join(path, '..'), `${join(path, '..')}.away`),
  'the log is deleted': path => remove(path, '-wal'),
  'the wal-index is deleted': path => remove(path, '-shm'),
  'the log and the wal-index are deleted': path => remove(path, '-wal', '-shm'),
  'the log is replaced': path => {
    writeFileSync(`${path}-wal.new`, readFileSync(`${path}-wal`))
    renameSync(`${path}-wal.new`, `${path}-wal`)
  },
  'the log is cut short': path => cut(`${path}-wal`, 50),
  'the file is cut to nothing': path => cut(path, 0),
  'the file is cut short': path => cut(path, 100),
  'text is copied over the file': path => cp(`${path}.txt`, path),
  'another database is copied over the file': path => cp(`${path}.other`, path),
  'the link leads to another database': path => link(`${path}.other`, path),
  'the link leads to itself': path => link('app.db', path),
}

/** Each way to use a database, as the first call after the deed. */
const WAYS = {
  create: db => db.users.create({ email: 'late' }),
  createMany: db => db.users.createMany([{ email: 'late 1' }, { email: 'late 2' }]),
  'many at once': async db => {
    const all = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => db.users.create({ email: `late ${i}` })))
    const codes = new Set(all.map(({ reason }) => reason?.code))
    assert.deepEqual([...codes], ['FILE_GONE'], 'none of many')
    throw all[0].reason
  },
  transaction: db => db.transaction(tx => tx.users.create({ email: 'late' })),
  'an open transaction': undefined,
  'sync create': async db => db.sync.users.create({ email: 'late' }),
  'sync transaction': async db => db.sync.transaction(tx => tx.users.create({ email: 'late' })),
  'raw SQL': db => db.sql`INSERT INTO users (email) VALUES ('late')`,
  get: read(db => db.users.get(1)),
  list: read(db => db.users.list()),
  'sync list': read(async db => db.sync.users.list()),
  'readOnly transaction': read(db => db.transaction(tx => tx.users.count(), { readOnly: true })),
  stream: read(async db => {
    for await (const _ of db.users.stream());
  }),
  initDb: db => initDb({ db }),
  resetDb: db => resetDb({ db, force: true }),
}

/** Reads look at most once a second. */
function read(work) {
  return async db => {
    await sleep(1100)
    return work(db)
  }
}

/** A database with rows that are only in the log, used in all ways before. */
async function prepared(t, deed) {
  const url = fileUrl(t)
  const path = pathOf(url)
  writeFileSync(`${path}.txt`, 'not a database at all '.repeat(1000))
  await other(path)
  if (deed.startsWith('the link')) symlinkSync(`${path}.real`, path)
  const db = opened(t, url)
  await initDb({ db })
  await db.users.createMany(Array.from({ length: 20 }, (_, i) => ({ email: `${i}` })))
  assert.equal(db.sync.users.count(), 20)
  assert.equal((await db.users.get(1)).email, '0')
  return { db, path }
}

/** The names beside a file, and which files they are. */
function names(path) {
  const folder = join(path, '..')
  if (!existsSync(folder)) return []
  return readdirSync(folder).map(name => `${name} ${lstatSync(join(folder, name)).ino}`)
}

for (const [deed, happen] of Object.entries(DEEDS)) {
  test(`${deed}: every call is FILE_GONE from then on, and nothing is created`, unix, async t => {
    await Promise.all(
      Object.entries(WAYS).map(async ([way, call]) => {
        const { db, path } = await prepared(t, deed)
        let left
        const now = () => {
          happen(path)
          left = names(path)
        }
        const error = await fails(
          () => {
            if (call) {
              now()
              return call(db)
            }
            return db.transaction(async tx => {
              await tx.users.create({ email: 'late' })
              now()
            })
          },
          { code: 'FILE_GONE', retryable: false, hint: /open\(\)/ },
        )
        assert.match(error.message, /app\.db/, `${deed}, ${way}`)
        for (const [again, next] of Object.entries(WAYS)) {
          if (next && !['get', 'list', 'sync list', 'readOnly transaction', 'stream'].includes(again)) {
            await fails(() => next(db), { code: 'FILE_GONE' })
          }
        }
        for (const work of [
          async () => db.users.get(1),
          async () => db.users.count(),
          async () => db.sync.users.count(),
          async () => db.transaction(tx => tx.users.count(), { readOnly: true }),
          async () => {
            for await (const _ of db.users.stream());
          },
        ]) {
          await fails(work, { code: 'FILE_GONE' })
        }
        const { status, code } = await db.health()
        assert.deepEqual([status, code], ['down', 'FILE_GONE'])
        await db.close()
        assert.deepEqual(names(path), left, `${deed}, ${way}: nothing is created or taken away`)
      }),
    )
  })

  test(`${deed}: health reports it at once`, unix, async t => {
    const { db, path } = await prepared(t, deed)
    assert.equal((await db.health()).status, 'ok')
    happen(path)
    const { status, code } = await db.health()
    assert.deepEqual([status, code], ['down', 'FILE_GONE'])
  })
}

/** The path to the file is made anew around it, which loses nothing; and then leads elsewhere. */
const ANEW = {
  'the link': {
    before: folder => symlinkSync(join(folder, 'real.db'), join(folder, 'app.db')),
    anew: folder => link(join(folder, 'real.db'), join(folder, 'app.db')),
    away: folder => link(join(folder, 'app.db.other'), join(folder, 'app.db')),
  },
  'a link behind a link': {
    path: 'current/data/app.db',
    before: folder => {
      for (const name of ['1', '2', 'shared']) mkdirSync(join(folder, name))
      for (const release of ['1', '2']) symlinkSync('../shared', join(folder, release, 'data'))
      symlinkSync('1', join(folder, 'current'))
    },
    anew: folder => link('2', join(folder, 'current')),
    away: folder => link(folder, join(folder, '2', 'data')),
  },
  'the folder': {
    path: 'data/app.db',
    before: folder => mkdirSync(join(folder, 'data')),
    anew: folder => {
      renameSync(join(folder, 'data'), join(folder, 'old'))
      mkdirSync(join(folder, 'data'))
      for (const name of ['app.db', 'app.db-wal', 'app.db-shm']) {
        renameSync(join(folder, 'old', name), join(folder, 'data', name))
      }
    },
    away: folder => renameSync(join(folder, 'data'), join(folder, 'away')),
  },
  'a link to the folder, which was moved,': {
    path: 'data/app.db',
    before: folder => mkdirSync(join(folder, 'data')),
    anew: folder => {
      renameSync(join(folder, 'data'), join(folder, 'large'))
      symlinkSync('large', join(folder, 'data'))
    },
    away: folder => rmSync(join(folder, 'data')),
  },
}
for (const [what, { path: name = 'app.db', before, anew, away }] of Object.entries(ANEW)) {
  test(`${what} is made anew around the file, and then leads elsewhere`, unix, async t => {
    const path = pathOf(fileUrl(t))
    const folder = join(path, '..')
    await other(path)
    before(folder)
    const db = opened(t, `sqlite:///${join(folder, name)}`)
    await initDb({ db })
    for (let i = 0; i < 5; i++) await db.users.create({ email: `before ${i}` })
    anew(folder)
    for (let i = 0; i < 5; i++) await db.users.create({ email: `anew ${i}` })
    away(folder)
    await fails(() => db.users.create({ email: 'late' }), { code: 'FILE_GONE' })
  })
}

test('a newer and larger database is copied over the file after the log started over', unix, async t => {
  const url = fileUrl(t)
  const path = pathOf(url)
  const rows = (mark, count) =>
    Array.from({ length: count }, (_, i) => ({ email: `${mark} ${i}`, name: 'x'.repeat(2000) }))
  const newer = open({ models, url: `sqlite:///${path}.other` })
  await initDb({ db: newer })
  for (let i = 0; i < 100; i++) await newer.users.createMany(rows(i, 40))
  await newer.close()
  const db = opened(t, url)
  await initDb({ db })
  await db.users.createMany(rows('before', 2000))
  // A checkpoint moves the whole log; the write after it starts the log over.
  await sleep(500)
  for (let i = 0; i < 3; i++) await db.users.create({ email: `before, ${i}` })
  cp(`${path}.other`, path)
  await fails(() => db.users.create({ email: 'late' }), { code: 'FILE_GONE', message: /overwritten/ })
})

/** In a child: writes without end, three ways, and prints each email that was confirmed. */
const WRITER = `
const db = open({ models, url })
let n = 0
const write = async work => {
  for (;;) {
    const mine = [++n, ++n].map(i => 'row ' + i)
    try {
      await work(mine)
    } catch (error) {
      return process.stdout.write('END ' + error.code + '\\n')
    }
    process.stdout.write(mine.map(email => email + '\\n').join(''))
  }
}
const one = ([a, b]) => Promise.all([db.users.create({ email: a }), db.users.create({ email: b })])
const both = ([a, b]) => db.transaction(async tx => { await tx.users.create({ email: a }); await tx.users.create({ email: b }) })
const many = mine => db.users.createMany(mine.map(email => ({ email })))
Promise.all([write(one), write(both), write(many)]).then(() => process.stdout.write('ALL\\n'))
setInterval(() => {}, 1000)
`

// What is left after the deed, and how it is put back.
const LEFT = {
  'the log is deleted': () => {},
  'the log and the wal-index are deleted': () => {},
  'the wal-index is deleted': () => {},
  'the file is renamed away': path => renameSync(`${path}.away`, path),
}
for (const [deed, putBack] of Object.entries(LEFT)) {
  test(`${deed} under load: kill -9 after that loses no row that was confirmed`, unix, async t => {
    for (let round = 0; round < 3; round++) {
      const url = fileUrl(t)
      const path = pathOf(url)
      await initDb({ models, url })
      const { child, ended, printed } = start(url, WRITER)
      await printed(`row ${200 * (round + 1)}`)
      DEEDS[deed](path)
      // All three writers have met it.
      await printed('ALL')
      child.kill('SIGKILL')
      const lines = (await ended).stdout.trim().split('\n')
      assert.deepEqual(new Set(lines.filter(line => line.startsWith('END'))), new Set(['END FILE_GONE']))
      putBack(path)
      const db = opened(t, url)
      const there = new Set(await emails(db))
      const lost = lines.filter(line => line.startsWith('row') && !there.has(line))
      assert.deepEqual(lost, [], `round ${round}: rows that were confirmed`)
      const [{ ok }] = await db.sql`SELECT integrity_check AS ok FROM pragma_integrity_check`
      assert.equal(ok, 'ok')
    }
  })
}

test('the error says whether the write may have been committed: not before the commit, yes after it', unix, async t => {
  const { db, path } = await prepared(t, 'the log is deleted')
  const before = db.transaction(async tx => {
    await tx.users.create({ email: 'late' })
    // A commit right after another call takes that call's look for its own.
    await sleep(20)
    remove(path, '-wal')
  })
  await fails(() => before, { code: 'FILE_GONE', mayHaveCommitted: false, retryable: false })
  await db.close()
  const first = Array.from({ length: 20 }, (_, i) => `${i}`)
  const again = opened(t, `sqlite:///${path}`)
  assert.deepEqual(await emails(again), first)
  // One long statement that commits by itself: the deed falls between the looks before and after it.
  const after = again.sql`
    INSERT INTO users (email)
    WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)
    SELECT 'sum ' || sum(i) FROM n`
  await sleep(100)
  remove(path, '-wal')
  await fails(() => after, { code: 'FILE_GONE', mayHaveCommitted: true, retryable: false })
  await again.close()
  assert.deepEqual(await emails(opened(t, `sqlite:///${path}`)), [...first, 'sum 4500001500000'])
})

test('a new handle takes the file that exists after the deed', unix, async t => {
  const { db, path } = await prepared(t, 'the file is replaced by rename')
  renameSync(`${path}.other`, path)
  await fails(() => db.users.create({ email: 'late' }), { code: 'FILE_GONE' })
  await db.close()
  remove(path, '-wal', '-shm')
  assert.equal(await opened(t, `sqlite:///${path}`).users.count(), 200)
})
