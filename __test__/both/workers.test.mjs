// Worker threads and several handles in one process: nothing that was confirmed is lost, and no end of a thread takes the process down.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { initDb } from 'plinth'
import { checkIntegrity, newUrl } from '../support/dialect.mjs'
import { emails, models, opened } from '../support/engine.mjs'
import { entryPath, root, run } from '../support/project.mjs'

/** The beginning of a worker's program. */
const PRELUDE = `
const { parentPort, workerData } = require('node:worker_threads')
const { c, initDb, model, open, schema } = require(workerData.index)
const models = schema({ users: model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() }) })
const { url, n } = workerData
const post = value => parentPort.postMessage(value)
`

/** A worker thread that runs this with Plinth, `models`, `url`, its number `n` and `post`. */
function worker(url, n, source) {
  return new Worker(`${PRELUDE};(async () => { ${source} })()`, {
    eval: true,
    workerData: { index: entryPath, url, n },
  })
}

/** The exit code of a worker; rejects with an error that it did not catch. */
const exit = w => once(w, 'exit').then(([code]) => code)

/** A database with its tables, and a handle of the main thread. */
async function shared(t) {
  const url = await newUrl(t)
  await initDb({ models, url })
  return { url, db: opened(t, url) }
}

test('handles of one process write one database at once, each in its own way', async t => {
  const { url, db } = await shared(t)
  const handles = Array.from({ length: 6 }, () => opened(t, url, { pool: { size: 4 } }))
  const confirmed = []
  const wrote = async call => confirmed.push((await call).email)
  await Promise.all(
    handles.map(async (handle, h) => {
      await Promise.all(Array.from({ length: 40 }, (_, i) => wrote(handle.users.create({ email: `${h} alone ${i}` }))))
      for (let i = 0; i < 5; i++) {
        await wrote(handle.transaction(tx => tx.users.create({ email: `${h} tx ${i}` }), { retries: 3 }))
        const session = handle.session()
        const made = await session.users.create({ email: `${h} session ${i}` })
        await session.commit()
        confirmed.push(made.email)
        await session.users.create({ email: `${h} dropped ${i}` })
        await session.close()
      }
      const many = await handle.users.createMany(Array.from({ length: 500 }, (_, i) => ({ email: `${h} many ${i}` })))
      confirmed.push(...many.map(user => user.email))
    }),
  )
  // Each handle sees what all of them wrote, and is closed without the others.
  for (const handle of handles) {
    assert.deepEqual((await emails(handle)).toSorted(), confirmed.toSorted())
    await handle.close()
  }
  await db.users.create({ email: 'after' })
  await checkIntegrity(db)
})

test('worker threads with many handles each, and the main thread beside them', async t => {
  const { url, db } = await shared(t)
  const workers = Array.from({ length: 4 }, (_, n) =>
    worker(
      url,
      n,
      `const handles = Array.from({ length: 5 }, () => open({ models, url, pool: { size: 2 } }))
      await Promise.all(handles.map(async (db, h) => {
        for (let i = 0; i < 10; i++) await db.users.create({ email: [n, h, i].join(' ') })
        await db.transaction(tx => tx.users.createMany([{ email: [n, h, 'tx'].join(' ') }]), { retries: 3 })
      }))
      // A blocking call would wait for ever for a transaction of its own thread; for those of other threads it may wait.
      for (const [h, db] of handles.entries()) db.sync.users.create({ email: [n, h, 'sync'].join(' ') })
      // Some are closed, the others end with the thread.
      await handles[0].close()
      await handles[1].close()`,
    ),
  )
  const exits = workers.map(exit)
  for (let i = 0; i < 50; i++) {
    await db.users.create({ email: `main ${i}` })
    if (i % 10 === 0) await db.transaction(tx => tx.users.count())
  }
  assert.deepEqual(await Promise.all(exits), [0, 0, 0, 0])
  assert.equal(await db.users.count(), 50 + 4 * 5 * 12)
  await checkIntegrity(db)
})

test('twenty worker threads open and close fifty times each', async t => {
  const { url, db } = await shared(t)
  // A few at a time: a server has only so many connections.
  const waiting = Array.from({ length: 20 }, (_, n) => n)
  const lane = async () => {
    for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) {
      const w = worker(
        url,
        n,
        `for (let i = 0; i < 50; i++) {
          const db = open({ models, url, pool: { size: 1 } })
          if (i % 5 === 0) await db.users.create({ email: n + ' ' + i })
          if (i % 7 === 0) db.users.count()
          // Not even the opening is waited for, now and then.
          if (i % 11 === 0) db.close()
          else await db.close()
        }`,
      )
      assert.equal(await exit(w), 0)
    }
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  assert.equal(await db.users.count(), 20 * 10)
})

test('a row whose write a worker thread has seen succeed stays when it is terminated', async t => {
  const { url, db } = await shared(t)
  const told = []
  for (let n = 0; n < 8; n++) {
    const w = worker(
      url,
      n,
      `const handles = [open({ models, url }), open({ models, url })]
      let next = 0
      const one = async db => {
        for (;;) {
          const i = next++
          const { email } = i % 3
            ? await db.users.create({ email: n + ' ' + i })
            : await db.transaction(tx => tx.users.create({ email: n + ' ' + i }))
          post(email)
        }
      }
      for (const db of handles) for (let i = 0; i < 5; i++) one(db)`,
    )
    const enough = new Promise(resolve => {
      let seen = 0
      w.on('message', email => {
        told.push(email)
        if (++seen === 30 + n * 7) resolve()
      })
    })
    await enough
    await w.terminate()
    // Nothing of it holds a lock any more.
    await db.users.create({ email: `after ${n}` })
  }
  const there = new Set(await emails(db))
  assert.deepEqual(
    told.filter(email => !there.has(email)),
    [],
  )
  await checkIntegrity(db)
})

test('a worker thread that is terminated while it creates the database leaves all of it or nothing', async t => {
  const url = await newUrl(t)
  for (let n = 0; n < 6; n++) {
    const w = worker(url, n, `post('begins'); for (;;) await initDb({ models, url })`)
    await once(w, 'message')
    await new Promise(resolve => setTimeout(resolve, n * 4))
    await w.terminate()
  }
  await initDb({ models, url })
  const db = opened(t, url)
  await db.users.create({ email: 'after' })
  assert.deepEqual(await emails(db), ['after'])
})

// If only worker threads load the addon, the last one that ends unloads it: none of its threads may
// run on.
for (const [how, source] of [
  ['by themselves, with calls answered', `await open({ models, url }).users.create({ email: 'w' + n })`],
  ['with a handle that was closed', `const db = open({ models, url }); await db.users.count(); await db.close()`],
  [
    'while a handle is being closed',
    `const db = open({ models, url }); await db.users.count(); db.close(); process.exit(0)`,
  ],
  [
    'by process.exit, amid calls',
    `const db = open({ models, url }); for (let i = 0; i < 200; i++) db.users.count(); process.exit(0)`,
  ],
  [
    'by process.exit, with a session',
    `const s = open({ models, url }).session(); await s.users.create({ email: 's' + n }); process.exit(0)`,
  ],
  [
    'by an error that is not caught',
    `const db = open({ models, url }); db.users.count(); db.users.count(); throw new Error('mine')`,
  ],
  ['without having connected', `open({ models, url })`],
  ['while initDb runs', `initDb({ models, url }); await new Promise(r => setTimeout(r, n)); process.exit(0)`],
  [
    'amid a stream',
    `const db = open({ models, url })
    await db.users.createMany(Array.from({ length: 500 }, (_, i) => ({ email: 'stream ' + n + ' ' + i })))
    for await (const user of db.users.stream({ batch: 10 })) if (user.email.endsWith(' 42')) process.exit(0)`,
  ],
  [
    'amid calls that are timing out',
    `const db = open({ models, url }).with({ timeout: 1 })
    for (let i = 0; i < 100; i++) db.users.list().catch(() => {})
    setTimeout(() => process.exit(0), n % 5)`,
  ],
  [
    'by terminate()',
    `const db = open({ models, url }); await db.users.count(); for (let i = 0; i < 100; i++) db.users.count(); post('now')`,
  ],
]) {
  test(`the addon is unloaded again and again by worker threads that end ${how}`, async t => {
    const { url, db } = await shared(t)
    const data = JSON.stringify({ index: entryPath, url })
    // A program without Plinth in its main thread.
    const { code, stdout, stderr } = run(root, process.execPath, [
      '-e',
      `const { Worker } = require('node:worker_threads')
      const source = ${JSON.stringify(`${PRELUDE};(async () => { ${source} })()`)}
      const one = n => new Promise(resolve => {
        const w = new Worker(source, { eval: true, workerData: { ...${data}, n } })
        w.on('error', () => {})
        w.on('message', () => w.terminate())
        w.on('exit', resolve)
      })
      ;(async () => {
        for (let n = 0; n < 12; n++) await one(n)
        await Promise.all([12, 13, 14, 15].map(one))
        await one(16)
        console.log('done')
      })()`,
    ])
    assert.deepEqual([code, stdout, stderr], [0, 'done\n', ''])
    await db.users.create({ email: 'after' })
  })
}
