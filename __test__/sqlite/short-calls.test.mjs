// Short calls of a transaction run on the calling thread, between those that the writer runs; long ones never do.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { c, initDb, model, open, schema } from 'plinth'
import { database, fails, ids, raw } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { entryPath } from '../support/project.mjs'

const notes = model('notes', { id: c.id(), title: c.text().unique(), size: c.integer().default(0) })
const parents = model('parents', { id: c.id(), name: c.text() })
const children = model('children', { id: c.id(), parentId: c.integer().references('parents.id') })
const models = schema({ notes, parents, children })

/** Whether a call is answered before the turn of its caller ends: without waiting for another thread. */
async function isAtOnce(call) {
  let ended = false
  process.nextTick(() => {
    ended = true
  })
  await call()
  return !ended
}

/** How many of four such calls, each in a turn of its own, are answered at once, after two that make them known. On a busy machine one may not be. */
async function atOnce(call) {
  for (let i = 0; i < 2; i++) await call()
  let count = 0
  for (let i = 0; i < 4; i++) {
    await turn()
    if (await isAtOnce(call)) count++
  }
  return count
}

let number = 0
const note = () => ({ title: `note ${number++}` })

test('calls of one row by its key are answered at once in a transaction', async t => {
  const db = await database(t, models)
  const { id } = await db.notes.create({ title: 'first' })
  await db.transaction(async tx => {
    assert.ok((await atOnce(() => tx.notes.create(note()))) >= 3)
    assert.ok((await atOnce(() => tx.notes.get(id))) >= 3)
    assert.ok((await atOnce(() => tx.notes.find({ where: { title: 'first' } }))) >= 3)
    assert.ok((await atOnce(() => tx.notes.update(id, { size: 5 }))) >= 3)
    assert.ok((await atOnce(() => tx.notes.upsert({ title: 'first', size: 7 }, { on: ['title'] }))) >= 3)
    const made = await tx.notes.createMany(Array.from({ length: 7 }, note))
    assert.ok((await atOnce(() => tx.notes.delete(made.pop().id))) >= 3)
  })
  assert.equal((await db.notes.get(id)).size, 7)
  assert.equal(await db.notes.count(), 8)
})

/** Whether the function of a transaction begins before the turn of its caller ends. */
async function beginsAtOnce(db, work = () => {}) {
  let ended = false
  let begun
  process.nextTick(() => {
    ended = true
  })
  await db.transaction(async tx => {
    begun = !ended
    await work(tx)
  })
  return begun
}

test('a transaction begins at once if nothing has to be waited for', async t => {
  const db = await database(t, models)
  await db.notes.create(note())
  // If the machine is busy, the writer may not have come to rest.
  let count = 0
  let tries = 0
  for (; count < 3 && tries < 50; tries++) {
    await turn()
    if (await beginsAtOnce(db, tx => tx.notes.create(note()))) count++
  }
  assert.equal(count, 3)
  await turn()
  const failing = () => Promise.reject(new Error('not this time'))
  await assert.rejects(
    beginsAtOnce(db, tx => tx.notes.create(note()).then(failing)),
    /not this time/,
  )
  assert.equal(await db.notes.count(), 1 + tries)
  // With a limit it can be stopped, so that it is the writer's.
  await db.transaction(tx => tx.notes.create(note()), { timeout: 10_000 })
  assert.equal(await db.notes.count(), 2 + tries)
})

test('it begins behind the writes that were asked for before it, and before those after it', async t => {
  const db = await database(t, models)
  await db.notes.create(note())
  for (let i = 0; i < 50; i++) {
    const before =
      i % 2 ? db.notes.create({ title: `before ${i}` }) : db.sql`INSERT INTO notes (title) VALUES (${`before ${i}`})`
    const within = db.transaction(async tx => {
      const seen = await tx.notes.list({ where: { title: { in: [`before ${i}`, `after ${i}`] } } })
      return seen.map(({ title }) => title)
    })
    const after = db.notes.create({ title: `after ${i}` })
    assert.deepEqual(await within, [`before ${i}`])
    await Promise.all([before, after])
  }
})

/** Two handles on one new file. */
async function twoHandles(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const handles = [open({ models, url }), open({ models, url })]
  t.after(() => Promise.all(handles.map(db => db.close())))
  return handles
}

test('behind the lock of another connection it waits without holding the event loop', async t => {
  const [db, other] = await twoHandles(t)
  await db.notes.create(note())
  let turns = 0
  let waiting
  await other.transaction(async tx => {
    await tx.notes.create({ title: 'of the other' })
    waiting = db.transaction(async mine => mine.notes.find({ where: { title: 'of the other' } }))
    for (; turns < 20; turns++) await turn()
  })
  assert.equal(turns, 20)
  assert.equal((await waiting).title, 'of the other')
})

test('transactions that wait for the lock of another connection give up together', async t => {
  const [db, other] = await twoHandles(t)
  await db.notes.create(note())
  const results = []
  await other.transaction(async () => {
    const start = performance.now()
    const tries = [1, 2, 3].map(async n => {
      const code = await db.transaction(tx => tx.notes.create(note())).catch(error => error.code)
      results.push([n, code, performance.now() - start])
    })
    await Promise.all(tries)
  })
  assert.deepEqual(
    results.map(([n, code]) => [n, code]),
    [1, 2, 3].map(n => [n, 'BUSY']),
  )
  assert.ok(
    results.every(([, , took]) => took < 18_000),
    `${results}`,
  )
  assert.equal(await db.notes.count(), 1)
})

test('one that has begun when the process ends or the database is closed is rolled back', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  const session = db.session()
  await session.notes.create(note())
  await session.rollback()
  await session.notes.create(note())
  await Promise.all([db.close(), session.close()].map(closing => closing.catch(() => {})))
  const again = open({ models, url })
  t.after(() => again.close())
  assert.equal(await again.notes.count(), 0)
  await again.notes.create(note())
})

test('a listener that makes calls when a session begins finds the session as it is', async t => {
  const calls = []
  const url = await newUrl(t)
  await initDb({ models, url })
  let session
  const log = ({ action }) => {
    if (session && action === 'begin') calls.push(session.notes.create({ title: `of the listener ${calls.length}` }))
  }
  const db = open({ models, url, log })
  t.after(() => db.close())
  await db.notes.create(note())
  session = db.session()
  await session.notes.create(note())
  await Promise.all(calls)
  await session.commit()
  await session.close()
  assert.equal(calls.length, 1)
  assert.equal(await db.notes.count(), 3)
})

test('blocking calls are refused beside a session of the same tick, which holds the lock', async t => {
  const db = await database(t, models)
  await db.notes.create(note())
  const session = db.session({ isolation: 'serializable' })
  const list = session.notes.list()
  await fails(() => db.sync.notes.create(note()), { code: 'SYNC_BLOCKED' })
  assert.equal((await list).length, 1)
  await session.close()
  db.sync.notes.create(note())
})

test('so are those of a session with an open transaction, which its rollback undoes', async t => {
  const db = await database(t, models)
  const session = db.session()
  assert.ok((await atOnce(() => session.notes.create(note()))) >= 3)
  await session.commit()
  assert.ok((await atOnce(() => session.notes.create(note()))) >= 3)
  await session.rollback()
  await session.close()
  assert.equal(await db.notes.count(), 6)
})

test('calls that may take long are left to the writer', async t => {
  const db = await database(t, models)
  const [parent] = await db.parents.createMany(Array.from({ length: 9 }, (_, i) => ({ name: `${i}` })))
  await db.transaction(async tx => {
    assert.equal(await atOnce(() => tx.notes.list()), 0)
    assert.equal(await atOnce(() => tx.notes.count()), 0)
    assert.equal(await atOnce(() => tx.notes.updateMany({ where: { size: { gte: 0 } } }, { size: 1 })), 0)
    assert.equal(await atOnce(() => tx.notes.create(note(), { timeout: 10_000 })), 0)
    assert.equal(await atOnce(() => tx.notes.createMany([note(), note()])), 0)
    assert.equal(await atOnce(() => tx.notes.create({ title: `${'long '.repeat(20_000)}${number++}` })), 0)
    assert.ok((await atOnce(() => tx.notes.create(note()))) >= 3)
    // Nothing points at children: but their parents are looked for among all of them.
    let last = parent.id + 8
    assert.equal(await atOnce(() => tx.parents.delete(last--)), 0)
    assert.ok((await atOnce(() => tx.children.create({ parentId: parent.id }))) >= 3)
    await fails(() => tx.children.create({ parentId: 99 }), { code: 'FOREIGN_KEY_VIOLATION', columns: ['parentId'] })
  })
})

test('SQL of a person is left to the writer, and so is a plan that has met a big value', async t => {
  const db = await database(t, models)
  const big = await db.notes.create({ title: 'x'.repeat(4_000_000) })
  const { id } = await db.notes.create({ title: 'small' })
  await db.transaction(async tx => {
    assert.equal(
      await atOnce(
        () => tx.sql`WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 9) SELECT n FROM i`,
      ),
      0,
    )
    assert.equal(await atOnce(() => tx.sql`SELECT length(hex(zeroblob(1000))) AS n`), 0)
    assert.ok((await atOnce(() => tx.notes.get(id))) >= 3)
    const select = ['title', 'id']
    const before = await atOnce(() => tx.notes.get(big.id, { select }))
    assert.ok(before <= 1, `${before} calls of a plan that has met a big value were answered at once`)
    assert.equal(await atOnce(() => tx.notes.get(id, { select })), 0)
    assert.ok((await atOnce(() => tx.notes.get(id))) >= 3)
  })
})

const TRIGGER = 'CREATE TRIGGER copied AFTER INSERT ON notes BEGIN INSERT INTO parents (name) VALUES (new.title); END'

test('a trigger is found, of any user', async t => {
  const url = await newUrl(t)
  const [db, other] = [open({ models, url }), open({ models, url })]
  t.after(() => Promise.all([db.close({ timeout: 0 }), other.close({ timeout: 0 })]))
  await initDb({ db })
  const create = tx => atOnce(() => tx.notes.create(note()))
  assert.ok((await db.transaction(create)) >= 3)
  await raw(other, TRIGGER)
  assert.equal(await db.transaction(create), 0)
  await raw(db, 'DROP TRIGGER copied')
  assert.ok((await db.transaction(create)) >= 3)
  const before = await db.parents.count()
  await db.transaction(async tx => {
    await create(tx)
    await raw(tx, TRIGGER)
    assert.equal(await create(tx), 0)
  })
  assert.equal(await db.parents.count(), before + 6)
  await raw(db, 'DROP TRIGGER copied')
  await raw(db, `${TRIGGER.replace('CREATE', 'CREATE TEMP').replace('INTO parents', 'INTO main.parents')}`)
  assert.equal(await db.transaction(create), 0)
})

test('calls of one turn run in their order, at once or not', async t => {
  const db = await database(t, models)
  await db.transaction(async tx => {
    for (let i = 0; i < 40; i++) await tx.notes.create(note())
    for (let i = 0; i < 40; i++) {
      const [before, made, between, changed, after] = await Promise.all([
        tx.notes.list(),
        tx.notes.create(note()),
        tx.notes.list(),
        tx.notes.update(1, { size: i }),
        tx.notes.get(1),
      ])
      assert.equal(before.length + 1, between.length)
      assert.ok(ids(between).includes(made.id))
      assert.deepEqual([changed.size, after.size], [i, i])
    }
  })
})

test('a loop of calls that are answered at once lets other callbacks run', async t => {
  const db = await database(t, models)
  let turns = 0
  const turn = () => {
    turns++
    next = setImmediate(turn)
  }
  let next = setImmediate(turn)
  t.after(() => clearImmediate(next))
  await db.transaction(async tx => {
    for (let i = 0; i < 640; i++) await tx.notes.create(note())
  })
  clearImmediate(next)
  assert.ok(turns >= 15, `${turns} turns`)
})

test('a failure at once undoes its call alone, and names what is at fault', async t => {
  const db = await database(t, models)
  await db.transaction(async tx => {
    for (let i = 0; i < 3; i++) await tx.notes.create({ title: `mine ${i}` })
    const again = () => tx.notes.create({ title: 'mine 0' })
    for (let i = 0; i < 3; i++) {
      const error = await fails(again, { code: 'UNIQUE_VIOLATION', table: 'notes', columns: ['title'] })
      assert.match(error.stack, /short-calls\.test\.mjs/)
    }
    await fails(() => tx.notes.update(99, { size: 1 }), { code: 'NOT_FOUND' })
  })
  assert.equal(await db.notes.count(), 3)
  const undone = db.transaction(async tx => {
    for (let i = 0; i < 9; i++) await tx.notes.create(note())
    throw new Error('no')
  })
  await assert.rejects(undone, /no/)
  assert.equal(await db.notes.count(), 3)
})

test('savepoints and streams keep their rows beside calls that are answered at once', async t => {
  const db = await database(t, models)
  await db.transaction(async tx => {
    for (let i = 0; i < 4; i++) await tx.notes.create({ title: `kept ${i}` })
    const undone = tx.transaction(async inner => {
      assert.ok((await atOnce(() => inner.notes.create(note()))) >= 3)
      throw new Error('no')
    })
    await assert.rejects(undone, /no/)
    assert.equal(await tx.notes.count(), 4)
    let read = 0
    for await (const row of tx.notes.stream({ batch: 1, orderBy: { id: 'asc' } })) {
      read++
      await tx.notes.create({ title: `beside ${row.id}` })
    }
    assert.equal(read, 4)
    assert.equal(await tx.notes.count(), 8)
  })
})

test('calls on the database wait for the end of the transaction, and its statements are reported in their order', async t => {
  const events = []
  const url = await newUrl(t)
  const db = open({ models, url, log: { statements: true, to: event => events.push(event) } })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  events.length = 0
  let write
  const wrote = new Promise(resolve => {
    write = resolve
  }).then(() => db.parents.create({ name: 'outside' }))
  await db.transaction(async tx => {
    for (let i = 0; i < 3; i++) await tx.notes.create(note())
    write()
    while (!events.some(event => event.action === 'select')) await tx.notes.count()
    for (let i = 0; i < 3; i++) await tx.notes.create(note())
  })
  await wrote
  const writes = events.filter(event => event.action !== 'select')
  const inserted = Array(3).fill('insert')
  assert.deepEqual(
    writes.map(event => event.action),
    ['begin', ...inserted, ...inserted, 'commit', 'insert'],
  )
})

const IN_WORKER = `
  const { workerData, parentPort } = require('node:worker_threads')
  const { c, model, open, schema } = require(workerData.index)
  const notes = model('notes', { id: c.id(), title: c.text().unique(), size: c.integer().default(0) })
  const db = open({ models: schema({ notes }), url: workerData.url })
  db.transaction(async tx => {
    for (let i = 0; ; i++) {
      await tx.notes.create({ title: 'of the worker ' + i })
      if (i === 100) parentPort.postMessage('writes')
      if (i === 200 && workerData.exits) process.exit(0)
    }
  })`

for (const exits of [true, false]) {
  test(`a worker that ${exits ? 'exits' : 'is terminated'} in a transaction leaves nothing of it, and no lock`, async t => {
    const url = await newUrl(t)
    await initDb({ models, url })
    const db = open({ models, url })
    t.after(() => db.close({ timeout: 0 }))
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(IN_WORKER, { eval: true, workerData: { index: entryPath, url, exits } })
      const exited = once(worker, 'exit')
      await once(worker, 'message')
      if (!exits) await worker.terminate()
      await exited
      await db.notes.create({ title: `after round ${round}` }, { timeout: 5000 })
      assert.equal(await db.notes.count(), round + 1)
    }
  })
}

test('a handle that is closed without waiting loses the transaction that runs in it', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url })
  let calls = 0
  const running = db.transaction(async tx => {
    for (;;) {
      await tx.notes.create(note())
      calls++
    }
  })
  const failed = fails(() => running, { code: /^(CLOSED|SESSION_ENDED)$/ })
  while (calls < 100) await new Promise(resolve => setImmediate(resolve))
  await db.close({ timeout: 0 }).catch(() => {})
  await failed
  const again = open({ models, url })
  t.after(() => again.close())
  assert.equal(await again.notes.count(), 0)
  await again.notes.create(note(), { timeout: 5000 })
})
