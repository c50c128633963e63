// get, find and list with a lock: what others may do with the rows meanwhile, where a lock is refused, and that no increment is lost.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, initDb, model, open, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { differences, here, unless } from '../support/differences.mjs'
import { gate } from '../support/engine.mjs'

const counters = model('counters', {
  id: c.id(),
  name: c.text(),
  n: c.integer().default(0),
  secret: c.text().private().nullable(),
})
const notes = model('notes', { id: c.id(), counterId: c.integer().references('counters.id'), text: c.text() })
const models = schema(
  { counters, notes },
  {
    counters: r => ({ notes: r.many('notes', 'counterId') }),
    notes: r => ({ counter: r.one('counters', 'counterId') }),
  },
)
const UNLOCKED = { code: 'QUERY_INVALID', table: 'counters', hint: /transaction/ }

/** A database with three counters. */
async function filled(t, options) {
  const db = await database(t, models, options)
  await db.counters.createMany([{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  return db
}

const READS = {
  get: (tx, options) => tx.counters.get(1, options),
  find: (tx, options) => tx.counters.find({ where: { name: 'a' }, ...options }),
  list: async (tx, options) => (await tx.counters.list({ where: { name: 'a' }, ...options }))[0],
}

for (const [call, read] of Object.entries(READS)) {
  test(`50 increments of a row that ${call} locks make 50`, async t => {
    const db = await filled(t)
    const increment = async tx => {
      const row = await read(tx, { lock: 'update' })
      await tx.counters.update(row.id, { n: row.n + 1 })
    }
    await Promise.all(Array.from({ length: 50 }, () => db.transaction(increment)))
    assert.equal((await db.counters.get(1)).n, 50)
    await Promise.all(Array.from({ length: 25 }, () => db.scope(increment)))
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const session = db.session()
        await increment(session)
        await session.commit()
        await session.close()
      }),
    )
    assert.equal((await db.counters.get(1)).n, 100)
  })
}

test('a lock gives the same rows, relations and columns as the read without it', async t => {
  const db = await filled(t)
  await db.notes.createMany([
    { counterId: 1, text: 'one' },
    { counterId: 2, text: 'two' },
  ])
  await db.transaction(async tx => {
    for (const lock of ['update', 'share']) {
      const include = { notes: { include: { counter: true } }, _count: { notes: true } }
      for (const query of [
        { where: { notes: { some: {} } }, orderBy: { name: 'desc' }, limit: 2, offset: 1, include },
        { select: ['secret', 'name'], orderBy: { id: 'asc' } },
        { where: { or: [{ n: { gt: 5 } }, { name: 'b' }] } },
      ]) {
        assert.deepEqual(await tx.counters.list({ ...query, lock }), await tx.counters.list(query))
        const { limit: _, ...one } = query
        assert.deepEqual(await tx.counters.find({ ...one, lock }), await tx.counters.find(one))
      }
      assert.deepEqual(await tx.counters.get(1, { include, lock }), await tx.counters.get(1, { include }))
      assert.equal(await tx.counters.get(9, { lock }), null)
    }
  })
})

test('a lock is refused where it would end with its statement, on views of the database too', async t => {
  const db = await filled(t)
  for (const on of [db, db.with({ timeout: 5_000 })]) {
    for (const [call, read] of Object.entries(READS)) {
      const error = await fails(() => read(on, { lock: 'update' }), UNLOCKED)
      assert.equal(error.message, `counters.${call}: a lock needs a transaction, a session or a scope.`)
    }
  }
  await fails(async () => db.sync.counters.get(1, { lock: 'share' }), UNLOCKED)
  assert.equal(db.sync.transaction(tx => tx.counters.get(1, { lock: 'share' })).name, 'a')
  await db.transaction(async tx => {
    const limited = tx.with({ timeout: 5_000 })
    assert.equal((await limited.counters.get(1, { lock: 'update' })).name, 'a')
    await tx.transaction(async inner => assert.equal((await inner.counters.get(1, { lock: 'update' })).name, 'a'))
  })
})

test('options of a lock that do not go together are refused', async t => {
  const db = await filled(t)
  await db.transaction(async tx => {
    for (const [call, options, message] of [
      ['get', { skipLocked: true }, 'counters.get: skipLocked is for reads with a lock.'],
      ['find', { noWait: true }, 'counters.find: noWait is for reads with a lock.'],
      [
        'list',
        { lock: 'update', skipLocked: true, noWait: true },
        'counters.list: skipLocked and noWait exclude each other.',
      ],
      ['list', { lock: 'share', distinct: ['name'] }, 'counters.list: lock and distinct exclude each other.'],
    ]) {
      await fails(() => READS[call](tx, options), { code: 'QUERY_INVALID', table: 'counters', message, hint: /./ })
    }
    await fails(() => tx.counters.list({ lock: 'exclusive' }), {
      code: 'QUERY_INVALID',
      expected: "'update' or 'share'",
    })
    for (const call of ['page', 'count', 'stream', 'exists', 'aggregate']) {
      await fails(async () => tx.counters[call]({ limit: 1, lock: 'update' }), { code: 'UNKNOWN_OPTION' })
    }
    const include = { notes: { lock: 'update' } }
    await fails(() => tx.counters.list({ include }), { code: 'UNKNOWN_OPTION' })
    // What is given as undefined or false is not given.
    assert.equal((await tx.counters.get(1, { lock: undefined, skipLocked: false, noWait: undefined })).id, 1)
  })
})

test('a readOnly transaction refuses a lock, and goes on', async t => {
  const db = await filled(t)
  await db.transaction(
    async tx => {
      await fails(() => tx.counters.get(1, { lock: 'share' }), { code: 'READ_ONLY', hint: /readOnly/ })
      assert.equal(await tx.counters.count(), 3)
    },
    { readOnly: true },
  )
})

test('a lock begins the transaction of a session, which its commit or rollback ends', async t => {
  const url = await newUrl(t)
  const [db, other] = [open({ models, url }), open({ models, url })]
  t.after(() => Promise.all([db.close({ timeout: 0 }), other.close({ timeout: 0 })]))
  await initDb({ db })
  await db.counters.create({ name: 'a' })
  const session = db.session()
  t.after(() => session.close())
  const read = await session.counters.get(1)
  assert.equal(read.n, 0)
  await other.counters.update(1, { n: 7 })
  const locked = await session.counters.get(1, { lock: 'update' })
  assert.equal(locked.n, 7)
  let changed = false
  const change = other.counters.update(1, { n: 8 }).then(() => {
    changed = true
  })
  await sleep(100)
  assert.equal(changed, false, 'the lock is held')
  await session.counters.update(1, { n: locked.n + 1 })
  await session.commit()
  await change
  assert.equal((await other.counters.get(1)).n, 8)
})

/** Runs `work` while another transaction holds a lock on the first counter. */
async function beside(db, lock, work) {
  const held = gate()
  const over = gate()
  const holder = db.transaction(async tx => {
    await tx.counters.get(1, { lock })
    held.open()
    await over.passed
  })
  await held.passed
  try {
    return await work(over.open)
  } finally {
    over.open()
    await holder
  }
}

test('a second lock waits for the first, and then reads what was committed', async t => {
  const db = await filled(t)
  const order = []
  await beside(db, 'update', async over => {
    const second = db.transaction(async tx => {
      const row = await tx.counters.get(1, { lock: 'update' })
      order.push('second')
      return row
    })
    await sleep(100)
    order.push('first')
    over()
    await second
  })
  assert.deepEqual(order, ['first', 'second'])
})

/** Tests that need transactions which run beside each other. */
const SIDE_BY_SIDE = here('oneWriter') ? { skip: differences.oneWriter.why } : {}

test('skipLocked leaves out rows that others have locked, and takes the next of them', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  await beside(db, 'update', async () => {
    const query = { lock: 'update', skipLocked: true, orderBy: { id: 'asc' } }
    await db.transaction(async tx => {
      assert.deepEqual(ids(await tx.counters.list(query)), [2, 3])
      assert.deepEqual(ids(await tx.counters.list({ ...query, limit: 1 })), [2])
      assert.equal((await tx.counters.find(query)).id, 2)
      assert.equal(await tx.counters.get(1, { lock: 'update', skipLocked: true }), null)
      // Reads without a lock wait for none.
      assert.equal((await tx.counters.get(1)).id, 1)
    })
  })
})

test('noWait fails at once where another has the lock', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  await beside(db, 'update', async () => {
    const busy = { code: 'BUSY', retryable: true, message: /has locked the row, and noWait asks not to wait/ }
    const start = performance.now()
    for (const read of Object.values(READS)) {
      await fails(() => db.transaction(tx => read(tx, { lock: 'update', noWait: true })), busy)
    }
    assert.ok(performance.now() - start < 2_000)
  })
  await db.transaction(async tx => assert.equal((await tx.counters.get(1, { lock: 'update', noWait: true })).id, 1))
})

test('share locks go together, and keep a change waiting', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  await beside(db, 'share', async over => {
    await db.transaction(async tx => {
      assert.equal((await tx.counters.get(1, { lock: 'share', noWait: true })).id, 1)
    })
    await fails(() => db.transaction(tx => tx.counters.get(1, { lock: 'update', noWait: true })), { code: 'BUSY' })
    let changed = false
    const change = db.counters.update(1, { n: 1 }).then(() => {
      changed = true
    })
    await sleep(100)
    assert.equal(changed, false)
    over()
    await change
  })
})

test('rows that are included, or that where asks of, are not locked', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  await db.notes.create({ counterId: 1, text: 'one' })
  const held = gate()
  const over = gate()
  const holder = db.transaction(async tx => {
    await tx.counters.list({ where: { notes: { some: { text: 'one' } } }, include: { notes: true }, lock: 'update' })
    held.open()
    await over.passed
  })
  await held.passed
  await db.notes.update(1, { text: 'two' })
  over.open()
  await holder
})

test('after waiting, where is checked again, and the order is that of before', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  const held = gate()
  const over = gate()
  const holder = db.transaction(async tx => {
    await tx.counters.update(1, { name: 'z' })
    await tx.counters.update(2, { n: 9 })
    held.open()
    await over.passed
  })
  await held.passed
  const query = { where: { name: { in: ['a', 'b', 'c'] } }, orderBy: { n: 'asc', id: 'asc' }, lock: 'update' }
  const read = db.transaction(tx => tx.counters.list(query))
  const first = db.transaction(tx => tx.counters.list({ ...query, where: { name: 'a' }, limit: 1 }))
  await sleep(100)
  over.open()
  await holder
  assert.deepEqual(
    (await read).map(({ id, n }) => [id, n]),
    [
      [2, 9],
      [3, 0],
    ],
  )
  assert.deepEqual(await first, [])
})

test('a call that waits for a lock ends with its timeout', SIDE_BY_SIDE, async t => {
  const db = await filled(t)
  await beside(db, 'update', async () => {
    await fails(() => db.transaction(tx => tx.counters.get(1, { lock: 'update', timeout: 100 })), { code: 'TIMEOUT' })
  })
})

test('one writer: skipLocked skips nothing, the transaction waits for its turn', unless('oneWriter'), async t => {
  const db = await filled(t)
  await beside(db, 'update', async over => {
    const read = db.transaction(tx => tx.counters.list({ lock: 'update', skipLocked: true }))
    await sleep(50)
    over()
    assert.deepEqual(ids(await read), [1, 2, 3])
  })
})
