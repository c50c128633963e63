// Streams: any number of rows one by one, from one snapshot, wherever they are read; and whatever ends them frees what they hold.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { c, index, model, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'
import { dialect, newUrl, PLACES } from '../support/dialect.mjs'
import { gate, program } from '../support/engine.mjs'

const models = schema(
  {
    users: model(
      'users',
      {
        id: c.id(),
        name: c.text(),
        points: c.integer().default(0),
        secret: c.text().default('s').private(),
      },
      t => [index(t.points)],
    ),
    posts: model('posts', {
      id: c.id(),
      userId: c.integer().references('users.id', { onDelete: 'cascade' }),
      title: c.text(),
    }),
  },
  { users: r => ({ posts: r.many('posts', 'userId') }), posts: r => ({ author: r.one('users', 'userId') }) },
)

/** Users 1 to `count` with as many points, and two posts each of the first ten. */
async function setUp(t, count = 100, place = PLACES[0]) {
  const db = await database(t, models, { url: await newUrl(t, place) })
  await fill(db, count)
  return db
}

async function fill(db, count) {
  const users = await db.users.createMany(
    Array.from({ length: count }, (_, i) => ({ name: `u${i + 1}`, points: i + 1 })),
  )
  const some = users.slice(0, 10)
  await db.posts.createMany(some.flatMap(user => [1, 2].map(n => ({ userId: user.id, title: `${user.name} ${n}` }))))
}

/** All that a stream gives. */
async function all(stream, each = row => row) {
  const rows = []
  for await (const row of stream) rows.push(await each(row))
  return rows
}

const points = rows => rows.map(row => row.points)
const upTo = (count, from = 1) => Array.from({ length: count }, (_, i) => i + from)
const byId = { orderBy: { id: 'asc' } }

/** The connections that streams hold, on a handle with two of them: both must be free. */
async function free(db) {
  if (dialect === 'sqlite') return assert.equal(await settled(() => snapshots() === 0), true, `${snapshots()} threads`)
  const both = [gate(), gate()]
  const meet = n =>
    db.transaction(async tx => {
      await tx.users.count()
      both[n].open()
      await both[1 - n].passed
    })
  await Promise.all([meet(0), meet(1)])
}

/** Threads of snapshots. */
function snapshots() {
  if (process.platform !== 'linux') return 0
  const name = task => {
    try {
      return readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim()
    } catch {
      return ''
    }
  }
  return readdirSync('/proc/self/task').filter(task => name(task) === 'plinth-snapshot').length
}

/** Whether something comes true, for which a thread may need a moment. */
async function settled(condition) {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise(resolve => setTimeout(resolve, 10))
  return condition()
}

const pool = { size: 2, acquireTimeoutMs: 2000 }

for (const place of PLACES) {
  test(`a stream in a ${place} gives what list gives`, async t => {
    const db = await setUp(t, 100, place)
    const queries = [
      {},
      byId,
      { orderBy: { points: 'desc' } },
      { orderBy: [{ name: 'asc' }, { id: 'desc' }] },
      { where: { points: { gt: 50 }, name: { startsWith: 'u' } }, orderBy: { points: 'asc' } },
      { where: { points: { in: [3, 5, 8] } }, ...byId, select: ['name', 'secret'] },
      { where: { points: 0 } },
      { ...byId, include: { posts: { where: { title: { endsWith: '1' } }, orderBy: { id: 'desc' }, limit: 1 } } },
      { where: { points: { lte: 12 } }, ...byId, include: { posts: { include: { author: { select: ['name'] } } } } },
    ]
    for (const query of queries) {
      const listed = await db.users.list(query)
      for (const batch of [1, 7, 100, 101, undefined]) {
        const given = batch === undefined ? query : { ...query, batch }
        assert.deepEqual(await all(db.users.stream(given)), listed, JSON.stringify(given))
      }
      assert.deepEqual([...db.sync.users.stream({ ...query, batch: 7 })], listed)
      await db.transaction(async tx => assert.deepEqual(await all(tx.users.stream({ ...query, batch: 9 })), listed))
      const session = db.session()
      assert.deepEqual(await all(session.users.stream({ ...query, batch: 9 })), listed)
      await session.close()
    }
    assert.deepEqual(
      await all(db.posts.stream({ ...byId, include: { author: true } })),
      await db.posts.list({ ...byId, include: { author: true } }),
    )
  })

  test(`a stream in a ${place} shows the moment of its first row; the loop may write`, async t => {
    const db = await setUp(t, 40, place)
    const expected = upTo(40)
    const change = async (on, row) => {
      await on.users.create({ name: 'new', points: row.points })
      await on.users.update(row.id, { points: 1000 + row.points })
      await on.posts.deleteMany({ where: { userId: row.id } })
    }
    const reset = async () => {
      await db.users.deleteMany({ all: true })
      await fill(db, 40)
    }
    // By an index that each write changes, too.
    for (const query of [{ ...byId }, { orderBy: { points: 'asc' } }]) {
      const seen = await all(db.users.stream({ ...query, batch: 5, include: { posts: true } }), async row => {
        await change(db, row)
        return row
      })
      assert.deepEqual([points(seen), seen.flatMap(row => row.posts).length], [expected, 20])
      await reset()
      await db.transaction(async tx => {
        assert.deepEqual(
          points(await all(tx.users.stream({ ...query, batch: 5 }), row => change(tx, row).then(() => row))),
          expected,
        )
      })
      await reset()
      const session = db.session()
      await session.users.create({ name: 'u41', points: 41 })
      const rows = await all(session.users.stream({ ...query, batch: 5 }), row => change(session, row).then(() => row))
      assert.deepEqual(points(rows), upTo(41))
      await session.close()
      const found = []
      for (const row of db.sync.users.stream({ ...query, batch: 5 })) {
        found.push(row.points)
        db.sync.users.create({ name: 'sync', points: 0 })
        db.sync.users.update(row.id, { points: 2000 })
      }
      assert.deepEqual(found, expected)
      await reset()
      db.sync.transaction(tx => {
        const inside = []
        for (const row of tx.users.stream({ ...query, batch: 5 })) {
          inside.push(row.points)
          tx.users.update(row.id, { points: 3000 })
        }
        assert.deepEqual(inside, expected)
      })
      await reset()
    }
  })

  test(`several streams in a ${place} are read side by side`, async t => {
    const db = await setUp(t, 30, place)
    const merged = async on => {
      const up = on.users.stream({ ...byId, batch: 4 })[Symbol.asyncIterator]()
      const down = on.users.stream({ orderBy: { id: 'desc' }, batch: 7 })[Symbol.asyncIterator]()
      const sums = []
      for (;;) {
        const [a, b] = await Promise.all([up.next(), down.next()])
        assert.equal(a.done, b.done)
        if (a.done) return sums
        sums.push(a.value.points + b.value.points)
      }
    }
    const expected = Array(30).fill(31)
    assert.deepEqual(await merged(db), expected)
    assert.deepEqual(await db.transaction(merged), expected)
    assert.deepEqual(await db.transaction(merged, { readOnly: true }), expected)
    const session = db.session()
    await session.users.update(1, { name: 'begun' })
    assert.deepEqual(await merged(session), expected)
    await session.close()
    const zip = db.sync.transaction(tx => {
      const inner = tx.users.stream({ batch: 3 })[Symbol.iterator]()
      return [...tx.users.stream({ batch: 4 })].map(row => [row.id, inner.next().value.id])
    })
    assert.ok(zip.length === 30 && zip.every(([a, b]) => a === b))
  })
}

test('every way out of a loop frees the connection', async t => {
  const db = await database(t, models, { pool })
  await fill(db, 50)
  const own = new Error('mine')
  const stream = () => db.users.stream({ batch: 3 })
  const ways = {
    break: async () => {
      for await (const _ of stream()) break
    },
    'break in a later batch': async () => {
      for await (const row of stream()) if (row.points === 20) break
    },
    return: () =>
      (async () => {
        for await (const row of stream()) return row
      })(),
    throw: () =>
      assert.rejects(async () => {
        for await (const _ of stream()) throw own
      }, own),
    'throw()': async () => {
      const rows = stream()[Symbol.asyncIterator]()
      await rows.next()
      await assert.rejects(rows.throw(own), own)
      assert.deepEqual(await rows.next(), { value: undefined, done: true })
    },
    'return() before the first row': async () => {
      const rows = stream()[Symbol.asyncIterator]()
      assert.deepEqual(await rows.return('x'), { value: 'x', done: true })
      assert.deepEqual(await rows.next(), { value: undefined, done: true })
    },
    'the last row': () => all(stream()),
    'a readable that is destroyed': async () => {
      for await (const _ of Readable.from(stream())) break
    },
    'break of a blocking loop': () => {
      for (const _ of db.sync.users.stream({ batch: 3 })) break
    },
    'throw in a blocking loop': () =>
      assert.throws(() => {
        for (const _ of db.sync.users.stream({ batch: 3 })) throw own
      }, own),
    'the last row of a blocking loop': () => [...db.sync.users.stream({ batch: 3 })],
  }
  for (const [name, leave] of Object.entries(ways)) {
    for (let i = 0; i < 3; i++) await leave()
    await t.test(name, () => free(db))
  }
  await t.test('a thousand breaks', async () => {
    for (let i = 0; i < 1000; i++)
      for await (const _ of db.users.stream({ where: { points: { gt: i % 40 } }, batch: 1 + (i % 5) })) break
    await free(db)
  })
})

test('a stream that is not referenced any more is freed', async t => {
  const { code, stdout, stderr } = await program(
    await newUrl(t),
    `(async () => {
      const db = open({ models, url, pool: { size: 2, acquireTimeoutMs: 10_000 } })
      await initDb({ db })
      await db.users.createMany(Array.from({ length: 50 }, (_, i) => ({ email: 'u' + i })))
      const forget = async n => {
        const rows = db.users.stream({ batch: 2 })[Symbol.asyncIterator]()
        for (let i = 0; i < n; i++) await rows.next()
        const blocking = n > 1 || db.sync.users.stream({ batch: 2 })[Symbol.iterator]().next()
      }
      let reads = 0
      for (let i = 0; i < 20; i++) {
        await forget(1 + i % 4)
        if (i % 4 === 0) for (let k = 0; k < 50; k++) { gc(); await new Promise(r => setImmediate(r)) }
        for (let k = 0; k < 5; k++) { gc(); await new Promise(r => setTimeout(r, 1)) }
        reads += await db.transaction(tx => tx.users.count())
      }
      console.log(reads)
      await db.close()
    })()`,
    { flags: ['--expose-gc'] },
  )
  assert.deepEqual([code, stderr, stdout], [0, '', '1000\n'])
})

test('calls of next that overlap are answered in order', async t => {
  const db = await setUp(t, 20)
  const rows = db.users.stream({ ...byId, batch: 6 })[Symbol.asyncIterator]()
  const asked = Array.from({ length: 23 }, () => rows.next())
  const answers = await Promise.all(asked)
  assert.deepEqual(
    answers.map(answer => answer.value?.points),
    [...upTo(20), undefined, undefined, undefined],
  )
  assert.deepEqual(
    answers.map(answer => answer.done),
    [...Array(20).fill(false), true, true, true],
  )
  const others = db.users.stream({ ...byId, batch: 6 })[Symbol.asyncIterator]()
  const mixed = await Promise.all([others.next(), others.next(), others.return('end'), others.next()])
  assert.deepEqual(
    mixed.map(({ value, done }) => [value?.points ?? value, done]),
    [
      [1, false],
      [2, false],
      ['end', true],
      [undefined, true],
    ],
  )
})

test('rows before one that cannot be read are given, then its error', async t => {
  const db = await setUp(t, 20)
  await raw(db, `UPDATE users SET points = 9007199254740993 WHERE id = 12`)
  for (const batch of [1, 5, 11, 12, 500]) {
    const read = async stream => {
      const seen = []
      const error = await fails(
        async () => {
          for await (const row of stream) seen.push(row.id)
        },
        { code: 'VALUE_UNREADABLE', table: 'users', columns: ['points'] },
      )
      assert.deepEqual(seen, upTo(11), `batch ${batch}`)
      return error
    }
    const query = { ...byId, batch, include: { posts: true } }
    await read(db.users.stream(query))
    await read(db.sync.users.stream(query))
    await db.transaction(async tx => {
      await read(tx.users.stream(query))
      // The transaction is none the worse for it.
      assert.equal(await tx.users.count(), 20)
    })
    const rows = db.users.stream(query)[Symbol.asyncIterator]()
    for (let i = 0; i < 11; i++) await rows.next()
    await assert.rejects(rows.next(), { code: 'VALUE_UNREADABLE' })
    assert.deepEqual(await rows.next(), { value: undefined, done: true })
  }
  // Among rows that are read ahead, since the transaction writes.
  await db.transaction(async tx => {
    const seen = []
    await fails(
      async () => {
        for await (const row of tx.users.stream({ ...byId, batch: 5 })) {
          seen.push(row.id)
          await tx.users.create({ name: 'x' })
        }
      },
      { code: 'VALUE_UNREADABLE' },
    )
    assert.deepEqual(seen, upTo(11))
  })
  if (dialect === 'sqlite') await free(db)
})

test('a stream can be iterated once', async t => {
  const db = await setUp(t, 3)
  const once = { code: 'QUERY_INVALID', message: /users\.stream: .*only once/, hint: /stream\(\) again/ }
  const stream = db.users.stream()
  await all(stream)
  await fails(() => all(stream), once)
  const blocking = db.sync.users.stream()
  assert.equal([...blocking].length, 3)
  await fails(() => [...blocking], once)
  const unread = db.users.stream()
  unread[Symbol.asyncIterator]()
  await fails(() => unread[Symbol.asyncIterator](), once)
})

test('what ends the transaction, the session or the database ends their streams', async t => {
  const db = await setUp(t, 30)
  const begun = async (on, n = 1) => {
    const rows = on.users.stream({ batch: 4 })[Symbol.asyncIterator]()
    for (let i = 0; i < n; i++) await rows.next()
    return rows
  }
  const over = { code: 'SESSION_ENDED' }
  const done = async rows => assert.deepEqual(await rows.next(), { value: undefined, done: true })

  let kept
  let unread
  await db.transaction(async tx => {
    kept = [await begun(tx), await begun(tx, 2), await begun(tx, 5)]
    unread = tx.users.stream()
  })
  for (const rows of kept) {
    await fails(() => rows.next(), over)
    await done(rows)
  }
  await fails(() => all(unread), over)

  await assert.rejects(
    db.transaction(async tx => {
      kept = [await begun(tx), tx.users.stream()[Symbol.asyncIterator]()]
      throw new Error('undone')
    }),
    { message: 'undone' },
  )
  for (const rows of kept) await fails(() => rows.next(), over)

  // A savepoint ends its own, not those around it.
  await db.transaction(async tx => {
    const around = await begun(tx, 2)
    let inside
    await tx.transaction(async inner => {
      inside = await begun(inner)
      await inner.users.update(1, { name: 'inner' })
    })
    await fails(() => inside.next(), over)
    await assert.rejects(
      tx.transaction(async inner => {
        inside = await begun(inner)
        await inner.users.create({ name: 'gone' })
        throw new Error('undone')
      }),
      { message: 'undone' },
    )
    await fails(() => inside.next(), over)
    assert.equal((await all({ [Symbol.asyncIterator]: () => around })).length, 28)
    assert.equal(await tx.users.count(), 30)
  })

  for (const end of ['commit', 'rollback', 'close']) {
    for (const writes of [false, true]) {
      const session = db.session()
      if (writes) await session.users.update(2, { name: end })
      const rows = await begun(session)
      await session[end]()
      await fails(() => rows.next(), over)
      if (end !== 'close') assert.equal((await all(session.users.stream())).length, 30)
      await session.close()
      await fails(() => all(session.users.stream()), over)
    }
  }

  let blocking
  db.sync.transaction(tx => {
    blocking = tx.users.stream({ batch: 4 })[Symbol.iterator]()
    blocking.next()
  })
  await fails(() => blocking.next(), over)

  const rows = [await begun(db), await begun(db, 3)]
  const notRead = db.users.stream()
  const sync = db.sync.users.stream({ batch: 4 })[Symbol.iterator]()
  sync.next()
  const waits = begun(db).then(rows => Promise.all(Array.from({ length: 40 }, () => rows.next())))
  const refused = fails(() => waits, { code: 'CLOSED' })
  await db.close({ timeout: 0 })
  await refused
  for (const open of rows) {
    await fails(() => open.next(), { code: 'CLOSED' })
    await done(open)
  }
  await fails(() => sync.next(), { code: 'CLOSED' })
  await fails(() => all(notRead), { code: 'CLOSED' })
  await fails(() => all(db.users.stream()), { code: 'CLOSED' })
  await fails(() => [...db.sync.users.stream()], { code: 'CLOSED' })
})

test('a stream is not read past a transaction that runs in it', async t => {
  const db = await setUp(t, 30)
  const outer = { code: 'OUTER_DB_IN_TRANSACTION' }
  await db.transaction(async tx => {
    await fails(() => all(db.users.stream()), outer)
    await tx.transaction(async () => fails(() => all(tx.users.stream()), outer))
    // Beside a savepoint that runs it waits, as every call does.
    const [inner, rows] = await Promise.all([
      tx.transaction(async inner => {
        await inner.users.create({ name: 'inner' })
        return all(inner.users.stream({ batch: 3 }))
      }),
      all(tx.users.stream({ batch: 3 })),
    ])
    assert.deepEqual([inner.length, rows.length], [31, 31])
  })
  // Of the database itself, beside transactions that write.
  let seen = 0
  for await (const row of db.users.stream({ batch: 2 })) {
    seen++
    await db.transaction(tx => tx.users.update(row.id, { name: 'changed' }))
  }
  assert.equal(seen, 31)
})

test('its values are read when it is made', async t => {
  const db = await setUp(t, 10)
  const where = { points: { in: [1, 2] } }
  const stream = db.users.stream({ where, ...byId })
  where.points.in.push(3)
  where.points = 9
  assert.deepEqual(points(await all(stream)), [1, 2])
})

test('no batch is read that is not asked for, but one ahead', async t => {
  const db = await setUp(t, 100)
  let batches = 0
  const count = ({ sql, action }) => {
    if (action === 'select' && /FROM "users"/.test(sql)) batches++
  }
  subscribe('plinth:statement', count)
  t.after(() => unsubscribe('plinth:statement', count))
  const idle = () => new Promise(resolve => setTimeout(resolve, 20))
  const rows = db.users.stream({ ...byId, batch: 10 })[Symbol.asyncIterator]()
  await idle()
  assert.equal(batches, 0)
  await rows.next()
  await idle()
  assert.equal(batches, 1, 'who takes one row may want no other')
  for (let row = 2; row <= 30; row++) {
    await rows.next()
    const expected = 1 + Math.ceil((row - 1) / 10)
    await settled(() => batches >= expected)
    assert.equal(batches, expected, `at row ${row}`)
  }
  await rows.return()
  assert.equal(batches, 4)
})

test('signal and timeout limit a stream as a whole, and leave its connection usable', async t => {
  const db = await database(t, models, { pool })
  await fill(db, 100)
  const read = async (stream, at, then) => {
    let seen = 0
    for await (const _ of stream) if (++seen === at) await then()
    return seen
  }
  const late = () => new Promise(resolve => setTimeout(resolve, 80))
  const wheres = {
    database: work => work(db),
    transaction: work => db.transaction(work, { readOnly: true }),
    session: async work => {
      const session = db.session()
      try {
        return await work(session)
      } finally {
        await session.close()
      }
    },
  }
  for (const [name, within] of Object.entries(wheres)) {
    const controller = new AbortController()
    const reason = new Error('enough')
    const options = { ...byId, batch: 5, signal: controller.signal }
    const error = await fails(() => within(on => read(on.users.stream(options), 12, () => controller.abort(reason))), {
      code: 'ABORTED',
    })
    assert.equal(error.cause, reason, name)
    await fails(() => within(on => all(on.users.stream(options))), { code: 'ABORTED' })
    await fails(() => within(on => read(on.users.stream({ batch: 5, timeout: 40 }), 12, late)), { code: 'TIMEOUT' })
    await fails(() => within(on => read(on.with({ timeout: 40 }).users.stream({ batch: 5 }), 12, late)), {
      code: 'TIMEOUT',
    })
    const quiet = new AbortController()
    assert.equal(await within(on => read(on.users.stream({ batch: 7, timeout: 60_000, signal: quiet.signal }), 0)), 100)
    await free(db)
  }
  // One statement that would take for ever.
  const endless = db.users.stream({ batch: 5, timeout: 100, where: { name: { like: `${'%_'.repeat(12)}%!` } } })
  await all(endless).catch(error => assert.equal(error.code, 'TIMEOUT'))
  await fails(() => [...db.sync.users.stream({ signal: new AbortController().signal })], { code: 'UNKNOWN_OPTION' })
  await fails(
    () => {
      for (const _ of db.sync.users.stream({ batch: 5, timeout: 40 }))
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    },
    { code: 'TIMEOUT' },
  )
  assert.equal([...db.sync.users.stream({ batch: 5, timeout: 60_000 })].length, 100)
  for (const bad of [{ timeout: 0 }, { timeout: '5' }, { signal: {} }]) {
    await fails(() => db.users.stream(bad), { code: 'QUERY_INVALID' })
  }
  await free(db)
})

test('a connection that keeps no statements prepared streams as well', async t => {
  const db = await database(t, models, { prepare: false, pool })
  await fill(db, 30)
  const query = {
    where: { points: { gt: 4 }, name: { in: upTo(20).map(n => `u${n}`) } },
    ...byId,
    include: { posts: true },
  }
  assert.deepEqual(await all(db.users.stream({ ...query, batch: 4 })), await db.users.list(query))
  await free(db)
})

test('bad input is refused before anything is read', async t => {
  const db = await setUp(t, 2)
  const cases = [
    [{ batch: 0 }, { code: 'QUERY_INVALID', message: /users\.stream: batch must be a whole number from 1/ }],
    [{ batch: -1 }, { code: 'QUERY_INVALID' }],
    [{ batch: 1.5 }, { code: 'QUERY_INVALID' }],
    [{ batch: '5; DROP TABLE users' }, { code: 'QUERY_INVALID', message: /batch/ }],
    [{ batch: null }, { code: 'QUERY_INVALID' }],
    [{ batch: Number.NaN }, { code: 'QUERY_INVALID' }],
    [{ batch: 10_000_000 }, { code: 'QUERY_INVALID' }],
    [{ limit: 3 }, { code: 'UNKNOWN_OPTION', hint: /where, orderBy, select, include, batch/ }],
    [{ offset: 3 }, { code: 'UNKNOWN_OPTION' }],
    [{ size: 3 }, { code: 'UNKNOWN_OPTION' }],
    [{ where: { nope: 1 } }, { code: 'UNKNOWN_COLUMN' }],
    [{ where: { name: undefined } }, { code: 'VALUE_INVALID' }],
    [{ where: { points: 'x' } }, { code: 'VALUE_INVALID' }],
    [{ where: { "name' OR 1=1 --": 'x' } }, { code: 'UNKNOWN_COLUMN' }],
    [{ orderBy: { nope: 'asc' } }, { code: 'UNKNOWN_COLUMN' }],
    [{ orderBy: { id: 'up' } }, { code: 'QUERY_INVALID' }],
    [{ select: [] }, { code: 'QUERY_INVALID' }],
    [{ include: { nope: true } }, { code: 'UNKNOWN_RELATION' }],
    ['users', { code: 'QUERY_INVALID' }],
    [null, { code: 'QUERY_INVALID' }],
    [[], { code: 'QUERY_INVALID' }],
  ]
  for (const [query, error] of cases) {
    await fails(() => db.users.stream(query), error)
    await fails(() => db.sync.users.stream(query), error)
    await db.transaction(tx => fails(() => tx.users.stream(query), error))
  }
  assert.deepEqual(await all(db.users.stream({ where: { name: "'; DROP TABLE users; --" } })), [])
  assert.equal((await all(db.users.stream())).length, 2)
})
