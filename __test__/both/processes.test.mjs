// Processes and worker threads: how they end with a database open, and how they share it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { initDb } from 'plinth'
import { checkIntegrity, newUrl } from '../support/dialect.mjs'
import { emails, models, opened, program, start } from '../support/engine.mjs'
import { entryPath } from '../support/project.mjs'

test('an idle handle lets the process end, and so does an idle session', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      await db.users.create({ email: 'a' })
      const session = db.session()
      await session.users.create({ email: 'b' })
      console.log('idle')
    })()`,
  )
  assert.deepEqual([code, stdout, stderr], [0, 'idle\n', ''])
})

test('calls that are running keep the process alive until they are answered', async t => {
  const url = await newUrl(t)
  const { code, stdout, stderr } = await program(
    url,
    `initDb({ models, url }).then(() => {
      const db = open({ models, url })
      for (let i = 0; i < 500; i++) db.users.create({ email: String(i) })
      db.transaction(tx => tx.users.create({ email: 'x' })).then(() => console.log('done'))
    })`,
  )
  assert.deepEqual([code, stdout, stderr], [0, 'done\n', ''])
  assert.equal(await opened(t, url).users.count(), 501)
})

test('process.exit ends at once while calls are running, sessions open and locks waited for', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const holder = opened(t, url).session()
  await holder.users.create({ email: 'held' })
  const began = Date.now()
  const { code, stdout, stderr } = await program(
    url,
    `const db = open({ models, url })
    for (let i = 0; i < 3000; i++) db.users.create({ email: String(i) })
    db.transaction(tx => tx.users.create({ email: 'x' }))
    db.sql\`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n\`
    db.transaction(tx => tx.users.count(), { readOnly: true }).then(() => setTimeout(() => {
      console.log('exits')
      process.exit(7)
    }, 100))`,
  )
  assert.deepEqual([code, stdout, stderr], [7, 'exits\n', ''])
  // The lock alone would be waited for 10 seconds, the query for ever.
  assert.ok(Date.now() - began < 9000, 'it waited for the lock')
  await holder.commit()
  await holder.close()
})

test('a process that is killed leaves what was confirmed, and no lock', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  const { child, ended, printed } = start(
    url,
    `const db = open({ models, url })
    let next = 0
    const one = async () => { for (;;) { const { email } = await db.users.create({ email: String(next++) }); console.log(email + ';') } }
    for (let i = 0; i < 20; i++) one()`,
  )
  await printed('200;')
  child.kill('SIGKILL')
  const { signal, stdout } = await ended
  assert.equal(signal, 'SIGKILL')
  const confirmed = stdout
    .split('\n')
    .filter(line => line.endsWith(';'))
    .map(line => line.slice(0, -1))
  const there = new Set(await emails(db))
  assert.ok(confirmed.length > 100)
  assert.deepEqual(
    confirmed.filter(email => !there.has(email)),
    [],
  )
  await db.users.create({ email: 'after' })
})

test('several processes write one database at once, and nothing is lost', async t => {
  const url = await newUrl(t)
  const db = opened(t, url)
  await initDb({ db })
  const results = await Promise.all(
    Array.from({ length: 4 }, (_, p) =>
      program(
        url,
        `const db = open({ models, url })
        Promise.all(Array.from({ length: 100 }, async (_, i) => {
          await db.users.create({ email: '${p} ' + i })
          if (i % 10 === 0) await db.transaction(async tx => {
            const { id } = await tx.users.find({ where: { email: '${p} ' + i } })
            await tx.posts.create({ userId: id, title: 'of ${p}' })
          })
        })).then(() => db.close())`,
      ),
    ),
  )
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(4).fill([0, '']),
  )
  assert.deepEqual([await db.users.count(), await db.posts.count()], [400, 40])
  await checkIntegrity(db)
})

test('ten processes that run initDb on a new database at once have one result, and no error', async t => {
  const url = await newUrl(t)
  const results = await Promise.all(
    Array.from({ length: 10 }, () =>
      program(
        url,
        `const seed = { first: async tx => { await tx.users.createMany([{ email: 'a' }, { email: 'b' }]) } }
        const db = open({ models, url })
        const early = db.sql\`SELECT 1\`
        initDb({ models, url, seed }).then(async report => {
          await early
          console.log(JSON.stringify(report))
          await db.close()
        })`,
      ),
    ),
  )
  assert.deepEqual(
    results.map(({ code, stderr }) => [code, stderr]),
    Array(10).fill([0, '']),
  )
  const reports = results.map(({ stdout }) => JSON.parse(stdout))
  assert.equal(reports.filter(r => r.created.tables.length > 0).length, 1)
  assert.equal(reports.filter(r => r.existing.tables.length === 2).length, 9)
  assert.equal(reports.filter(r => r.seeded.length === 1).length, 1)
  assert.equal(reports.filter(r => r.alreadySeeded.length === 1).length, 9)
  assert.deepEqual(await emails(opened(t, url)), ['a', 'b'])
})

/** A worker thread that runs this with `open`, `models`, `url` and `post`. */
function worker(url, source) {
  return new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
    const { c, model, schema, open } = require(workerData.index)
    const models = schema({ users: model('users', { id: c.id(), email: c.text().unique(), name: c.text().nullable() }) })
    const { url } = workerData
    const post = value => parentPort.postMessage(value)
    ;(async () => { ${source} })()`,
    { eval: true, workerData: { index: entryPath, url } },
  )
}

test('worker threads have handles of their own on one database', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = opened(t, url)
  const workers = Array.from({ length: 3 }, (_, w) =>
    worker(
      url,
      `const db = open({ models, url })
      await Promise.all(Array.from({ length: 50 }, (_, i) => db.users.create({ email: '${w} ' + i })))
      db.sync.users.create({ email: '${w} sync' })
      post(await db.users.count())`,
    ),
  )
  const exits = workers.map(async w => (await once(w, 'exit'))[0])
  await Promise.all(Array.from({ length: 50 }, (_, i) => db.users.create({ email: `main ${i}` })))
  assert.deepEqual(await Promise.all(exits), [0, 0, 0])
  assert.equal(await db.users.count(), 203)
})

test('worker threads that are terminated in the middle of anything take nothing down', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  for (let round = 0; round < 12; round++) {
    const w = worker(
      url,
      `const db = open({ models, url })
      await db.users.count()
      const session = round => db.transaction(async tx => { await tx.users.create({ email: 's' + round + Math.random() }); await new Promise(() => {}) })
      for (let i = 0; i < 400; i++) db.users.create({ email: '${round} ' + i + Math.random() })
      if (${round} % 3 === 0) session(${round})
      if (${round} % 3 === 1) db.sql\`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n\`
      db.transaction(tx => tx.users.count(), { readOnly: true })
      if (${round} % 4 === 3) db.close()
      post('started')
      for (;;) await db.users.list({ limit: 10 }).catch(() => new Promise(r => setTimeout(r, 1)))`,
    )
    await once(w, 'message')
    await new Promise(resolve => setTimeout(resolve, round * 3))
    assert.equal(await w.terminate(), 1)
  }
  const db = opened(t, url)
  await db.users.create({ email: 'after' })
  assert.equal((await db.health()).status, 'ok')
})
