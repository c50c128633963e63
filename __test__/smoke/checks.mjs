// The checks of the smoke suite, by name. Nothing here needs more than Node, Bun and Deno all have:
// no test runner, no dependency but Plinth.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import * as imported from 'plinth'
import bundled, { claimJobs, createTask, enqueue, failJob, finishJob, setTaskStatus } from 'plinth/models'
import models from './models.mjs'

const { initDb, jsonNull, open, PlinthError } = imported
const require = createRequire(import.meta.url)

/** The error of a call, with this code. */
async function fails(code, call) {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof PlinthError, `${error?.stack ?? error}`)
    assert.equal(error.code, code)
    return error
  }
  assert.fail(`nothing was thrown where ${code} was expected`)
}

/** The text that must survive: ASCII, Latin-1, beyond, and beyond the first plane. */
const texts = [
  'plain',
  '',
  'naïve café ÿ',
  'ελληνικά 中文',
  '👩‍🚀 𝄞',
  'x'.repeat(100_000),
  'é'.repeat(70_000),
  '%_\\\'"',
]

/**
 * The checks, in order. Each is given the database, its URL, and a folder of its own; `sqlite` says which of the two databases it is.
 *
 * @type {Record<string, (at: { db: any, url: string, folder: string, sqlite: boolean }) => unknown>}
 */
export const checks = {
  'import and require give one module': () => {
    const required = require('plinth')
    assert.equal(required.open, open)
    assert.equal(required.PlinthError, PlinthError)
    assert.equal(typeof required.version, 'string')
    assert.equal(typeof require('plinth/models').createTask, 'function')
  },

  'init creates once': async ({ db, url, sqlite }) => {
    const first = await initDb({ db })
    assert.deepEqual(first.created.tables.toSorted(), ['kinds', 'posts', 'users'])
    assert.equal(first.dialect, sqlite ? 'sqlite' : 'postgres')
    assert.deepEqual((await initDb({ models, url })).created.tables, [])
    const { status } = await db.health()
    assert.equal(status, 'ok')
  },

  'rows are made, found, changed and deleted': async ({ db }) => {
    const ada = await db.users.create({ email: 'Ada@Example.com', name: 'Ada' })
    assert.equal(ada.email, 'ada@example.com')
    assert.deepEqual(await db.users.get(ada.id), ada)
    assert.equal((await db.users.update(ada.id, { name: null })).name, null)
    assert.deepEqual(
      (await db.users.upsert({ email: 'ada@example.com', name: 'Lady Ada' }, { on: ['email'] })).id,
      ada.id,
    )
    const [bob, eve] = await db.users.createMany([{ email: 'bob@x' }, { email: 'eve@x' }])
    assert.deepEqual(
      (await db.users.list({ where: { name: null }, orderBy: { email: 'desc' } })).map(user => user.email),
      ['eve@x', 'bob@x'],
    )
    assert.equal(await db.users.updateMany({ where: { email: { endsWith: '@x' } } }, { name: 'x' }), 2)
    assert.equal(await db.users.count({ where: { name: 'x' } }), 2)
    await db.users.delete(bob.id)
    assert.equal(await db.users.deleteMany({ where: { id: eve.id } }), 1)
    assert.equal(await db.users.exists({ where: { name: 'x' } }), false)
    assert.equal(await db.users.get(bob.id), null)
  },

  'every kind of value comes back': async ({ db }) => {
    const whole = {
      integer: Number.MAX_SAFE_INTEGER,
      bigint: -(2n ** 63n),
      int32: -2147483648,
      real: 5e-324,
      decimal: '99999999999999.9999',
      text: 'ÿ 中 👩‍🚀',
      boolean: true,
      uuid: '01890a5d-ac96-774b-bcce-b302099a8057',
      timestamp: new Date('2026-11-20T10:15:00.123Z'),
      date: '2026-02-28',
      json: { deep: [1, 'é', null, { '👋': true }] },
      bytes: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      enum: 'large',
      nothing: null,
    }
    const { id, ...made } = await db.kinds.create(whole)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    const plain = row => ({ ...row, bytes: [...row.bytes] })
    assert.deepEqual(plain(made), plain(whole))
    const { id: same, ...read } = await db.kinds.get(id)
    assert.equal(same, id)
    assert.deepEqual(plain(read), plain(whole))
    assert.ok(read.bytes instanceof Uint8Array && read.timestamp instanceof Date)

    await db.kinds.createMany([
      ...texts.map((text, at) => ({ ...whole, text, integer: at, real: -0, bytes: new Uint8Array(0) })),
      { ...whole, integer: -1, text: 'null', json: jsonNull },
      { ...whole, integer: -2, text: 'NULL', json: null, bytes: new Uint8Array(200_000).fill(255) },
    ])
    const rows = await db.kinds.list({ where: { integer: { lt: 100 } }, orderBy: { integer: 'asc' } })
    assert.deepEqual([rows[0].json, rows[1].json], [null, jsonNull])
    assert.ok(rows[0].bytes.length === 200_000 && rows[0].bytes.every(byte => byte === 255))
    assert.deepEqual(
      rows.slice(2).map(row => row.text),
      texts,
    )
    assert.ok(rows.slice(2).every(row => Object.is(row.real, -0) && row.bytes.length === 0))
    for (const text of texts) assert.equal(await db.kinds.count({ where: { text } }), 1)
  },

  'included rows come along': async ({ db }) => {
    const user = await db.users.create({ email: 'author@x' })
    await db.posts.createMany(['b', 'a', 'c'].map(title => ({ userId: user.id, title })))
    const [read] = await db.users.list({
      where: { id: user.id },
      include: { posts: { orderBy: { title: 'asc' }, limit: 2, include: { user: true } } },
    })
    assert.deepEqual(
      read.posts.map(post => [post.title, post.user.email]),
      [
        ['a', 'author@x'],
        ['b', 'author@x'],
      ],
    )
  },

  'rows are added up, grouped and counted': async ({ db }) => {
    const { id: userId } = await db.users.create({ email: 'sums@x' })
    await db.posts.createMany([3, 4, 5].map(points => ({ userId, title: `t${points % 2}`, points })))
    assert.deepEqual(
      await db.posts.aggregate({
        where: { user: { is: { email: 'sums@x' } } },
        groupBy: ['title'],
        count: true,
        sum: ['points'],
        avg: ['points'],
        orderBy: { title: 'asc' },
      }),
      [
        { title: 't0', count: 1, sum: { points: 4 }, avg: { points: 4 } },
        { title: 't1', count: 2, sum: { points: 8 }, avg: { points: 4 } },
      ],
    )
    const [user] = await db.users.list({
      where: { posts: { some: { points: 5 } } },
      include: { _count: { posts: true } },
    })
    assert.deepEqual([user.email, user._count.posts], ['sums@x', 3])
  },

  'a transaction is all or nothing': async ({ db }) => {
    const result = await db.transaction(async tx => {
      await tx.users.create({ email: 'kept@x' })
      await tx
        .transaction(async inner => {
          await inner.users.create({ email: 'dropped@x' })
          throw new Error('back')
        })
        .catch(() => {})
      await fails('OUTER_DB_IN_TRANSACTION', () => db.users.count())
      return tx.users.exists({ where: { email: 'kept@x' } })
    })
    assert.equal(result, true)
    await assert.rejects(
      db.transaction(async tx => {
        await tx.users.create({ email: 'never@x' })
        throw new Error('mine')
      }),
      /mine/,
    )
    const all = { where: { email: { in: ['kept@x', 'dropped@x', 'never@x'] } } }
    assert.deepEqual(
      (await db.users.list(all)).map(user => user.email),
      ['kept@x'],
    )
    assert.equal(await db.transaction(tx => tx.users.count(all), { readOnly: true }), 1)
  },

  'transactions side by side know their own': async ({ db }) => {
    const made = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        db.transaction(async tx => {
          const { id } = await tx.users.create({ email: `side${n}@x` })
          await new Promise(resolve => setTimeout(resolve, 5 - n))
          await fails('OUTER_DB_IN_TRANSACTION', () => db.users.get(id))
          return (await tx.users.get(id)).email
        }),
      ),
    )
    assert.deepEqual(
      made,
      Array.from({ length: 5 }, (_, n) => `side${n}@x`),
    )
    // Outside of them the database is free again.
    assert.equal(await db.users.count({ where: { email: { startsWith: 'side' } } }), 5)
  },

  'a session commits and rolls back by hand': async ({ db }) => {
    const session = db.session()
    try {
      await session.users.create({ email: 'first@x' })
      await session.commit()
      await session.users.create({ email: 'second@x' })
      await session.rollback()
    } finally {
      await session.close()
    }
    assert.equal(await db.users.count({ where: { email: { in: ['first@x', 'second@x'] } } }), 1)
    await fails('SESSION_ENDED', () => session.users.count())
  },

  'a scope is found by all that it calls': async ({ db }) => {
    const below = async email => {
      await new Promise(resolve => setTimeout(resolve, 1))
      return (await db.current().users.create({ email })).email
    }
    const names = Array.from({ length: 5 }, (_, n) => `scope${n}@x`)
    const ends = await Promise.allSettled(
      names.map((email, n) =>
        db.scope(async session => {
          assert.equal(await below(email), email)
          assert.equal(await session.users.exists({ where: { email } }), true)
          if (n === 2) throw new Error('back')
        }),
      ),
    )
    assert.deepEqual(
      ends.map(({ status }) => status === 'fulfilled'),
      [true, true, false, true, true],
    )
    assert.equal(await db.users.count({ where: { email: { in: names } } }), 4)
    await fails('NO_SCOPE', () => db.current())
  },

  'a request has a session, by node:http and by fetch': async ({ db }) => {
    const made = email => db.users.exists({ where: { email } })
    const handler = imported.fetchScope(db, async (request, session) => {
      const { email } = await session.users.create({ email: new URL(request.url).pathname.slice(1) })
      return new Response(email, { status: email.startsWith('no') ? 400 : 200 })
    })
    for (const email of ['fetched', 'not-fetched']) {
      assert.equal(await (await handler(new Request(`http://localhost/${email}`))).text(), email)
      assert.equal(await made(email), email === 'fetched')
    }

    const scope = imported.expressScope(db)
    const health = imported.healthHandler(db)
    const server = createServer((req, res) => {
      if (req.url === '/health') return health(req, res)
      scope(req, res, async () => {
        const { email } = await db.current().users.create({ email: req.url.slice(1) })
        res.statusCode = email.startsWith('no') ? 400 : 200
        res.end(email)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    try {
      const at = `http://127.0.0.1:${server.address().port}`
      for (const email of ['served', 'not-served']) {
        assert.equal(await (await fetch(`${at}/${email}`)).text(), email)
        assert.equal(await made(email), email === 'served')
      }
      assert.equal((await (await fetch(`${at}/health`)).json()).status, 'ok')
    } finally {
      server.close()
      server.closeAllConnections?.()
    }
  },

  'blocking calls': async ({ db }) => {
    const { id } = db.sync.users.create({ email: 'sync@x', name: 'é👋' })
    assert.equal(db.sync.users.get(id).name, 'é👋')
    db.sync.transaction(tx => tx.posts.createMany([{ userId: id, title: 'one' }]))
    assert.equal(db.sync.posts.list({ where: { userId: id } })[0].title, 'one')
    assert.throws(() => db.sync.users.create({ email: 'sync@x' }), { code: 'UNIQUE_VIOLATION' })
    await db.users.delete(id)
    assert.equal(db.sync.posts.count({ where: { userId: id } }), 0)
  },

  'rows come in pages': async ({ db }) => {
    const { id: userId } = await db.users.create({ email: 'pages@x' })
    await db.posts.createMany(Array.from({ length: 25 }, (_, n) => ({ userId, title: `é${n % 3}`, points: n })))
    const seen = []
    let after
    do {
      const { rows, next } = await db.posts.page({
        where: { userId },
        orderBy: { title: 'desc' },
        limit: 10,
        ...(after && { after }),
      })
      seen.push(...rows.map(row => row.points))
      after = next
    } while (after)
    assert.deepEqual([seen.length, new Set(seen).size, seen[0] % 3, seen[24] % 3], [25, 25, 2, 0])
    await fails('CURSOR_INVALID', () => db.posts.page({ limit: 10, after: 'x' }))
  },

  'ten thousand rows at once': async ({ db }) => {
    const { id: userId } = await db.users.create({ email: 'many@x' })
    let reported = 0
    const rows = Array.from({ length: 10_000 }, (_, n) => ({ userId, title: n % 3 ? `title ${n}` : `título ${n} 中` }))
    const made = await db.posts.createMany(rows, {
      onProgress: done => {
        reported = done
      },
    })
    assert.equal(reported, 10_000)
    const read = await db.posts.list({ where: { userId }, orderBy: { id: 'asc' } })
    assert.equal(read.length, 10_000)
    assert.ok(read.every((row, n) => row.title === rows[n].title && row.id === made[n].id))
  },

  'a stream gives rows as they are asked for': async ({ db }) => {
    const { id: userId } = await db.users.create({ email: 'streams@x' })
    await db.posts.createMany(Array.from({ length: 1000 }, (_, n) => ({ userId, title: 'é', points: n })))
    const query = { where: { userId }, orderBy: { points: 'asc' }, batch: 100 }
    const seen = []
    for await (const row of db.posts.stream({ ...query, include: { user: true } })) {
      assert.equal(row.user.email, 'streams@x')
      seen.push(row.points)
    }
    assert.deepEqual(
      seen,
      seen.map((_, n) => n),
    )
    assert.equal(seen.length, 1000)
    // More than there are connections: a break frees the one it had.
    for (let n = 0; n < 15; n++) for await (const row of db.posts.stream(query)) if (row.points === 150) break
    let blocking = 0
    for (const row of db.sync.posts.stream(query)) blocking += row.points === blocking ? 1 : 0
    assert.equal(blocking, 1000)
    // One that is never read, and one that is not read to its end.
    db.posts.stream(query)
    await db.posts.stream(query)[Symbol.asyncIterator]().next()
  },

  'a call is stopped by its signal and its time': async ({ db, sqlite }) => {
    const slow = limits =>
      sqlite
        ? db.with(limits).sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n`
        : db.with(limits).sql`SELECT count(*) FROM pg_sleep(60)`
    await fails('TIMEOUT', () => slow({ timeout: 50 }))
    const given = new AbortController()
    setTimeout(() => given.abort('mine'), 50)
    assert.equal((await fails('ABORTED', () => slow({ signal: given.signal }))).cause, 'mine')
    assert.ok((await db.users.list({ limit: 1, signal: new AbortController().signal })).length === 1)
  },

  'many calls at once': async ({ db }) => {
    const made = await Promise.all(Array.from({ length: 500 }, (_, n) => db.users.create({ email: `at once ${n}` })))
    const read = await Promise.all(made.map(({ id }) => db.users.get(id)))
    assert.deepEqual(
      read.map(user => user.email),
      made.map(user => user.email),
    )
    await Promise.all(made.map(({ id }) => db.users.delete(id)))
  },

  'statements are reported': async ({ url }) => {
    const told = []
    const db = open({ models, url, log: event => told.push(event) })
    const published = []
    const hear = event => published.push(event.sql)
    subscribe('plinth:statement', hear)
    await db.users.count()
    unsubscribe('plinth:statement', hear)
    await db.close()
    const { sql, model, action, durationMs } = told[0]
    assert.deepEqual([model, action, published.includes(sql), durationMs >= 0], ['users', 'select', true, true])
  },

  'raw SQL': async ({ db }) => {
    const name = 'o\'raw"; DROP TABLE users; -- é👋'
    await db.users.create({ email: 'raw@x', name })
    assert.deepEqual(await db.sql`SELECT email, name FROM users WHERE name = ${name}`, [{ email: 'raw@x', name }])
    assert.deepEqual(db.sync.sql`SELECT count(*) AS n FROM users WHERE name = ${name}`, [{ n: 1 }])
  },

  'errors have codes and places': async ({ db, folder, sqlite }) => {
    await db.users.create({ email: 'twice@x' })
    const unique = await fails('UNIQUE_VIOLATION', () => db.users.create({ email: 'twice@x' }))
    assert.deepEqual([unique.table, unique.columns, unique.retryable], ['users', ['email'], false])
    assert.ok(unique instanceof imported.UniqueViolationError)
    await fails('FOREIGN_KEY_VIOLATION', () => db.posts.create({ userId: 1_000_000, title: 'x' }))
    await fails('VALUE_INVALID', () => db.users.create({ email: 5 }))
    await fails('VALUE_INVALID', () => db.users.create({ email: '\ud800' }))
    await fails('NOT_FOUND', () => db.users.update(1_000_000, { name: 'x' }))
    await fails('UNKNOWN_COLUMN', () => db.users.list({ where: { nope: 1 } }))
    await fails('SQL_FAILED', () => db.sql`SELECT nope FROM nowhere`)
    const nowhere = sqlite ? folder : 'postgresql://nobody@127.0.0.1:1/x'
    const unreachable = open({ models, url: nowhere })
    await fails(sqlite ? 'CANNOT_OPEN' : 'CONNECTION_REFUSED', () => unreachable.users.count())
    await unreachable.close()
  },

  'two handles on one database': async ({ db, url }) => {
    const other = open({ models, url })
    try {
      await Promise.all(
        Array.from({ length: 100 }, (_, n) => (n % 2 ? db : other).users.create({ email: `shared${n}@x` })),
      )
      const where = { email: { startsWith: 'shared' } }
      assert.deepEqual([await db.users.count({ where }), await other.users.count({ where })], [100, 100])
    } finally {
      await other.close()
    }
    assert.ok(await db.users.exists({ where: { email: 'shared0@x' } }))
  },

  'close waits, and ends': async ({ url }) => {
    const db = open({ models, url })
    const running = Array.from({ length: 20 }, (_, n) => db.users.create({ email: `closing${n}@x` }))
    await db.close()
    assert.equal((await Promise.all(running)).length, 20)
    await fails('CLOSED', () => db.users.count())
    await db.close()
  },

  'the bundled models': async ({ url, folder, sqlite }) => {
    const place = sqlite ? `sqlite:///${join(folder, 'bundled.db')}` : withSchema(url, 'bundled')
    const db = open({ models: bundled, url: place })
    try {
      await initDb({ db })
      const task = await createTask(db, { type: 'report' })
      await setTaskStatus(db, task.id, 'running')
      const { status, events } = await db.tasks.get(task.id, { include: { events: { orderBy: { id: 'asc' } } } })
      assert.deepEqual([status, events.map(event => event.kind)], ['running', ['created', 'status_changed']])
      await enqueue(db, { payload: { n: 1 } })
      await enqueue(db, { payload: { n: 2 }, priority: 1 })
      const [second, first] = await claimJobs(db, { limit: 2 })
      assert.deepEqual([second.payload, first.payload], [{ n: 2 }, { n: 1 }])
      await db.transaction(tx => finishJob(tx, first))
      await fails('STALE_ROW', () => finishJob(db, first))
      assert.equal((await failJob(db, second, new Error('no'))).status, 'queued')
    } finally {
      await db.close()
    }
  },

  'a revision is written and applied': async ({ url, folder, sqlite }) => {
    const place = sqlite ? `sqlite:///${join(folder, 'revised.db')}` : withSchema(url, 'revised')
    const migrations = join(folder, 'migrations')
    const options = { models, url: place, migrations }
    const { outcome, revisions } = await imported.revision({ ...options, message: 'first tables' })
    assert.deepEqual([outcome, revisions.length, existsSync(revisions[0].folder)], ['written', 1, true])
    let steps = 0
    assert.equal((await imported.upgrade({ ...options, onProgress: () => steps++ })).applied.length, 1)
    assert.ok(steps > 0)
    assert.equal((await imported.downgrade(options)).reverted.length, 1)
    assert.equal((await initDb(options)).migrated.length, 1)
  },

  'a worker thread has a database of its own': async ({ db, url }) => {
    const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: { url } })
    const exited = once(worker, 'exit')
    const [said] = await Promise.race([
      once(worker, 'message'),
      once(worker, 'error').then(([error]) => Promise.reject(error)),
    ])
    assert.deepEqual(said, { made: 50, read: 'worker0@x' })
    assert.deepEqual(await exited, [0])
    assert.equal(await db.users.count({ where: { email: { startsWith: 'worker' } } }), 50)
  },

  'a worker thread that is terminated amid calls harms no other': async ({ db, url }) => {
    for (let n = 0; n < 5; n++) {
      const worker = new Worker(new URL('./endless.mjs', import.meta.url), { workerData: { url } })
      await once(worker, 'message')
      await worker.terminate()
    }
    const { id } = await db.users.create({ email: 'survivor@x' })
    assert.ok(await db.users.get(id))
  },

  'process.exit ends at once amid calls': async ({ url }) => {
    const { code, stdout, stderr } = await ended(
      spawn(process.execPath, [fileURLToPath(new URL('./exits.mjs', import.meta.url)), url]),
    )
    assert.deepEqual([code, stdout, stderr], [7, 'exits\n', ''])
  },

  'the command plinth': async ({ folder, url, sqlite }) => {
    const place = sqlite ? `sqlite:///${join(folder, 'command.db')}` : withSchema(url, 'command')
    const project = join(folder, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{ "type": "module", "plinth": { "models": "./models.ts" } }')
    writeFileSync(
      join(project, 'models.ts'),
      "import { c, model, schema } from 'plinth'\nconst name: string = 'notes'\nexport default schema({ notes: model(name, { id: c.id() }) })\n",
    )
    const cli = join(dirname(require.resolve('plinth/package.json')), 'dist/cli.js')
    const { code, stdout, stderr } = await ended(
      spawn(process.execPath, [cli, 'init', '--json', '--url', place], { cwd: project }),
    )
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(JSON.parse(stdout).created.tables, ['notes'])
  },
}

/** The exit of a program, and its output. */
async function ended(child) {
  const out = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', text => {
      out[name] += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, ...out }
}

function withSchema(url, schema) {
  const place = new URL(url)
  place.searchParams.set('search_path', schema)
  return place.href
}
