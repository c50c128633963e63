// Reads on the thread that asks: which of them run there, which never or no more, and that nothing else tells the two apart.
import assert from 'node:assert/strict'
import diagnostics from 'node:diagnostics_channel'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { c, initDb, model, open, schema } from 'plinth'
import { fails, ids } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { start } from '../support/engine.mjs'
import { entryPath } from '../support/project.mjs'

const models = schema(
  {
    users: model('users', { id: c.id(), name: c.text(), points: c.integer(), note: c.text().nullable() }),
    posts: model('posts', { id: c.id(), userId: c.integer().references('users.id'), title: c.text() }),
  },
  { users: r => ({ posts: r.many('posts', 'userId') }), posts: r => ({ user: r.one('users', 'userId') }) },
)

/** Rows of the table in which scans and sorts take long. */
const ROWS = 100_000
/** How often a call may be made until it runs on this thread: it has to be quick so often on another one at the worst. */
const TRIES = 10_000

/** An open database with some users; `rows` of them. */
async function database(t, rows = 20, options = {}) {
  const url = await newUrl(t, 'file')
  const db = open({ models, url, ...options })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  await db.sql`INSERT INTO users (id, name, points) WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${rows})
    SELECT n, 'user ' || (n * 7919 % 100003), n % 10 FROM n`
  await db.posts.createMany([1, 1, 2].map(userId => ({ userId, title: 'a' })))
  return { db, url }
}

/**
 * Whether a call settles before the event loop turns: then no other thread has run it. `call` makes
 * it; the turn before gives it all of the time that reads have on this thread.
 */
async function ranHere(call) {
  await turn()
  let settled = false
  const done = () => {
    settled = true
  }
  const promise = call()
  promise.then(done, done)
  for (let i = 0; i < 100 && !settled; i++) await null
  const here = settled
  await promise
  return here
}

/** Makes a call until it runs on this thread; how often it took. */
async function becomesQuick(call, tries = TRIES) {
  for (let made = 1; made <= tries; made++) if (await ranHere(call)) return made
  assert.fail('never ran on the thread that asks')
}

/** How many of these calls ran on this thread. */
async function countHere(calls, call) {
  let here = 0
  for (let i = 0; i < calls; i++) if (await ranHere(call)) here++
  return here
}

test('reads of every kind run on the thread that asks once they were quick on another, with the same results', async t => {
  const { db } = await database(t)
  const byKey = { orderBy: { id: 'asc' } }
  const kinds = {
    get: () => db.users.get(1),
    list: () => db.users.list({ ...byKey, limit: 10 }),
    find: () => db.users.find({ where: { name: 'user 7919' } }),
    exists: () => db.users.exists({ where: { points: 3 } }),
    count: () => db.users.count(),
    page: () => db.users.page({ orderBy: { name: 'asc', id: 'asc' }, limit: 5 }),
    aggregate: () => db.users.aggregate({ groupBy: ['points'], count: true, sum: ['id'], orderBy: { points: 'asc' } }),
    include: () => db.users.list({ ...byKey, limit: 3, include: { posts: true } }),
    counts: () => db.users.list({ ...byKey, limit: 3, include: { _count: { posts: true } } }),
  }
  for (const [kind, call] of Object.entries(kinds)) {
    const first = await call()
    assert.ok((await becomesQuick(call)) >= 2, `${kind}: never before it was quick elsewhere`)
    await turn()
    assert.deepEqual(await call(), first, kind)
  }
})

/** Calls that are quick for few rows and take long for many, by the number of rows that they look at. */
const SLOW = {
  'a scan': (users, rows) => users.count({ where: { id: { lte: rows }, name: { contains: 'nowhere' } } }),
  'a sort': (users, rows) =>
    users.list({ where: { id: { lte: rows } }, orderBy: { name: 'asc' }, offset: rows - 1, limit: 1 }),
  'an aggregate': (users, rows) => users.aggregate({ where: { id: { lte: rows } }, sum: ['points'], avg: ['points'] }),
  'a list of many rows': (users, rows) => users.list({ where: { id: { lte: rows } }, orderBy: { id: 'asc' } }),
  'an include of many rows': (users, rows) =>
    users.list({ where: { id: { lte: rows } }, orderBy: { id: 'asc' }, include: { posts: { limit: 1 } } }),
}

for (const [kind, call] of Object.entries(SLOW)) {
  test(`${kind} that takes long holds the thread once at most, is run again whole elsewhere, and becomes quick again`, async t => {
    const { db } = await database(t, ROWS)
    const [few, many] = [20, ROWS].map(rows => () => call(db.users, rows))
    await becomesQuick(few)
    assert.deepEqual(await many(), call(db.sync.users, ROWS))
    await becomesQuick(few)
    assert.ok((await countHere(5, many)) <= 1)
    assert.equal(await ranHere(few), false)
    await becomesQuick(few)
  })
}

test('a plan that met a value of 50 MB does not run on the thread that asks any more', async t => {
  const { db } = await database(t)
  await db.sql`UPDATE users SET note = replace(hex(zeroblob(25000000)), '0', 'x') WHERE id = 2`
  await becomesQuick(() => db.users.get(1))
  assert.ok((await countHere(3, () => db.users.get(2))) <= 1)
  assert.equal((await db.users.get(2)).note.length, 50_000_000)
  assert.equal(await countHere(200, () => db.users.get(1)), 0)
})

test('a list of big values is stopped between two of them', async t => {
  const { db } = await database(t)
  await db.sql`UPDATE users SET note = replace(hex(zeroblob(2000000)), '0', 'x') WHERE id > 1`
  const list = last => db.users.list({ where: { id: { lte: last } }, orderBy: { id: 'asc' } })
  await becomesQuick(() => list(1))
  assert.equal(await ranHere(() => list(20)), false)
  assert.deepEqual(ids(await list(20)), ids(await db.users.list({ orderBy: { id: 'asc' }, select: ['id'] })))
})

test('a read behind a write that waits does not overtake it, and sees it once it was awaited', async t => {
  const { db } = await database(t)
  const list = () => db.users.list({ orderBy: { id: 'asc' } })
  await becomesQuick(list)
  for (let id = 21; id < 40; id++) {
    const write = db.users.create({ name: 'new', points: 0 })
    let settled = false
    const read = list().finally(() => {
      settled = true
    })
    for (let i = 0; i < 100; i++) await null
    assert.equal(settled, false)
    await write
    assert.equal((await list()).at(-1).id, id)
    await read
  }
  await becomesQuick(list)
})

test('calls in a transaction, a session and with limits never run on the thread that asks', async t => {
  const { db } = await database(t)
  const list = (on, options) => on.users.list({ limit: 5, ...options })
  await becomesQuick(() => list(db))
  const session = db.session()
  assert.equal(await countHere(5, () => list(session)), 0)
  await session.close()
  await db.transaction(async tx => assert.equal(await countHere(5, () => list(tx)), 0))
  await db.transaction(async tx => assert.equal(await countHere(5, () => list(tx)), 0), { readOnly: true })
  assert.equal(await countHere(5, () => list(db, { timeout: 10_000 })), 0)
  assert.equal(await countHere(5, () => list(db, { signal: new AbortController().signal })), 0)
  await becomesQuick(() => list(db))
})

test('a write transaction of another process is not waited for, and seen as soon as it is committed', async t => {
  const { db, url } = await database(t)
  const points = async () => (await db.users.find({ where: { id: 1 } })).points
  await becomesQuick(points)
  const other = start(
    url,
    `open({ models, url }).transaction(async tx => {
      await tx.sql\`UPDATE users SET points = 77\`
      console.log('held')
      await new Promise(resolve => process.stdin.once('data', resolve))
    }).then(() => { console.log('committed'); process.exit() })`,
  )
  await other.printed('held')
  await becomesQuick(points)
  assert.equal(await points(), 1)
  other.child.stdin.write('go')
  await other.printed('committed')
  assert.equal(await points(), 77)
  await other.ended
})

test('a table that another connection changes is read as it is then', async t => {
  const { db, url } = await database(t)
  const list = () => db.users.list({ orderBy: { id: 'asc' }, limit: 2 })
  await becomesQuick(list)
  const before = await list()
  const other = open({ models, url })
  t.after(() => other.close())
  await other.sql`ALTER TABLE users ADD COLUMN more TEXT`
  await other.sql`CREATE INDEX users_more ON users (more)`
  await becomesQuick(list)
  assert.deepEqual(await list(), before)
  await other.sql`ALTER TABLE users RENAME COLUMN note TO notes`
  await fails(list, { code: 'SQL_FAILED' })
})

test('each statement is reported once, wherever it ran and however often it was begun', async t => {
  const { db } = await database(t, ROWS)
  const call = rows => db.users.count({ where: { id: { lte: rows }, name: { contains: 'nowhere' } } })
  const events = []
  const heard = event => events.push(event)
  diagnostics.subscribe('plinth:statement', heard)
  t.after(() => diagnostics.unsubscribe('plinth:statement', heard))
  const made = await becomesQuick(() => call(20))
  assert.equal(events.length, made)
  assert.equal(await call(ROWS), 0)
  assert.equal(events.length, made + 1)
  assert.deepEqual(new Set(events.map(({ sql }) => sql)).size, 1)
  assert.ok(events.every(({ rows, durationMs }) => rows === 1 && durationMs > 0))
})

test('timers have their turn beside a loop of quick reads, also of those that fail', async t => {
  const { db } = await database(t)
  await db.sql`UPDATE users SET note = x'00' WHERE id = 2`
  const calls = {
    get: () => db.users.get(1),
    list: () => db.users.list({ limit: 1 }),
    failing: () => db.users.get(2).catch(({ code }) => assert.equal(code, 'VALUE_UNREADABLE')),
  }
  for (const [kind, call] of Object.entries(calls)) {
    await becomesQuick(call)
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const start = performance.now()
    while (ticks < 20) {
      await call()
      if (performance.now() - start > 30_000) assert.fail(`${kind}: no timer came through`)
    }
    clearInterval(timer)
  }
})

test('close() answers the reads before it, refuses those behind it, and leaves none half done', async t => {
  const { db } = await database(t)
  const list = () => db.users.list({ orderBy: { id: 'asc' } })
  await becomesQuick(list)
  const calls = Array.from({ length: 500 }, list)
  const closing = db.close()
  await fails(list, { code: 'CLOSED' })
  for (const rows of await Promise.all(calls)) assert.equal(rows.length, 20)
  await closing
  await fails(list, { code: 'CLOSED' })
})

test('worker threads read on their own threads, beside each other, until they are ended', async t => {
  const { db, url } = await database(t)
  const workers = Array.from({ length: 3 }, () => {
    const source = `
      const { parentPort, workerData } = require('node:worker_threads')
      const { c, model, open, schema } = require(workerData.index)
      const models = schema({ users: model('users', { id: c.id(), name: c.text(), points: c.integer(), note: c.text().nullable() }) })
      const db = open({ models, url: workerData.url })
      ;(async () => {
        for (let i = 1; ; i++) {
          const rows = await db.users.list({ orderBy: { id: 'asc' } })
          if (rows.length !== 20) throw new Error(rows.length + ' rows')
          if (i === 1000) parentPort.postMessage('read')
        }
      })()`
    return new Worker(source, { eval: true, workerData: { index: entryPath, url } })
  })
  t.after(() => Promise.all(workers.map(worker => worker.terminate())))
  await Promise.all(workers.map(worker => Promise.race([once(worker, 'message'), once(worker, 'exit')])))
  const codes = await Promise.all(workers.map(worker => worker.terminate()))
  assert.deepEqual(codes, [1, 1, 1])
  await sleep(1)
  assert.equal((await db.users.list()).length, 20)
})
