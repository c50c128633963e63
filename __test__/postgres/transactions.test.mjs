// Transactions where others run beside them: isolation, what a failure does to one, retries, sessions, blocking calls.
import assert from 'node:assert/strict'
import { initDb } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { onServer } from '../support/dialect-postgres.mjs'
import { emails, gate, models, opened, tables } from '../support/engine.mjs'
import { test } from '../support/postgres-test.mjs'

const level = async tx => (await tx.sql`SELECT current_setting('transaction_isolation') AS level`)[0].level
const access = async tx => (await tx.sql`SELECT current_setting('transaction_read_only') AS only`)[0].only

test('each isolation is what the transaction runs at', async t => {
  const db = await tables(t)
  assert.equal(await db.transaction(level), 'read committed')
  assert.equal(await db.transaction(level, { readOnly: true }), 'repeatable read')
  for (const isolation of ['read committed', 'repeatable read', 'serializable']) {
    assert.equal(await db.transaction(level, { isolation }), isolation)
    assert.equal(await db.transaction(level, { isolation, readOnly: true }), isolation)
    assert.equal(await db.transaction(access, { isolation, readOnly: true }), 'on')
    assert.equal(
      db.sync.transaction(tx => tx.sql`SELECT current_setting('transaction_isolation') AS level`[0].level, {
        isolation,
      }),
      isolation,
    )
  }
  assert.equal(await level(db), 'read committed')
  for (const isolation of ['snapshot', 'READ COMMITTED', 1, null])
    await fails(() => db.transaction(level, { isolation }), { code: 'QUERY_INVALID', message: /isolation/ })
})

test('transactions run beside each other, and see what is committed when they look', async t => {
  const db = await tables(t)
  const wait = gate()
  const written = gate()
  const first = db.transaction(async tx => {
    await tx.users.create({ email: 'first' })
    written.open()
    await wait.passed
  })
  await written.passed
  assert.equal(await db.users.count(), 0)
  await db.transaction(async tx => {
    await tx.users.create({ email: 'second' })
    assert.deepEqual(await emails(tx), ['second'])
  })
  const seen = await db.transaction(async tx => {
    const before = await tx.users.count()
    wait.open()
    await first
    return [before, await tx.users.count()]
  })
  assert.deepEqual(seen, [1, 2])
})

test('a repeatable read keeps its moment, and a readOnly transaction is one', async t => {
  const db = await tables(t)
  for (const options of [{ isolation: 'repeatable read' }, { isolation: 'serializable' }, { readOnly: true }]) {
    const [inside, wait] = [gate(), gate()]
    const running = db.transaction(async tx => {
      const before = await tx.users.count()
      inside.open()
      await wait.passed
      return [before, await tx.users.count()]
    }, options)
    await inside.passed
    await db.users.create({ email: JSON.stringify(options) })
    wait.open()
    const [before, after] = await running
    assert.equal(after, before)
  }
  assert.equal(await db.users.count(), 3)
})

/** Two transactions that each read what the other writes; run one after the other they would not both succeed. */
async function writeSkew(db, options) {
  await db.users.deleteMany({ all: true })
  const both = [gate(), gate()]
  let runs = 0
  const one = i => async tx => {
    runs++
    const count = await tx.users.count()
    both[i].open()
    await both[1 - i].passed
    if (count === 0) await tx.users.create({ email: `${i} ${runs}` })
  }
  const settled = await Promise.allSettled([0, 1].map(i => db.transaction(one(i), options)))
  return { settled, runs, count: await db.users.count() }
}

test('a serialization failure is worth a retry, and is retried when that is asked for', async t => {
  const db = await tables(t)
  const loose = await writeSkew(db, {})
  assert.deepEqual([loose.count, loose.runs], [2, 2])
  const strict = await writeSkew(db, { isolation: 'serializable' })
  const failed = strict.settled.filter(one => one.status === 'rejected')
  assert.equal(failed.length, 1)
  assert.deepEqual(
    [failed[0].reason.code, failed[0].reason.retryable, strict.count],
    ['SERIALIZATION_FAILURE', true, 1],
  )
  const retried = await writeSkew(db, { isolation: 'serializable', retries: 3 })
  assert.deepEqual(
    retried.settled.map(one => one.status),
    ['fulfilled', 'fulfilled'],
  )
  assert.deepEqual([retried.count, retried.runs >= 3], [1, true])
})

test('many serializable transactions with retries give what one after the other would', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'counter', name: '0' })
  const add = () =>
    db.transaction(
      async tx => {
        const { name } = await tx.users.get(1)
        await tx.users.update(1, { name: String(Number(name) + 1) })
      },
      { isolation: 'serializable', retries: 1000 },
    )
  await Promise.all(Array.from({ length: 40 }, add))
  assert.equal((await db.users.get(1)).name, '40')
})

test('a deadlock ends one of the two, which is worth a retry and is retried when asked', async t => {
  const db = await tables(t)
  await db.users.createMany([{ email: 'a' }, { email: 'b' }])
  const cross = async options => {
    const both = [gate(), gate()]
    const one = i => async tx => {
      await tx.users.update(i + 1, { name: `${i}` })
      both[i].open()
      await both[1 - i].passed
      await tx.users.update(2 - i, { name: `${i}` })
    }
    return Promise.allSettled([0, 1].map(i => db.transaction(one(i), options)))
  }
  const failed = (await cross({})).filter(one => one.status === 'rejected')
  assert.deepEqual(
    failed.map(({ reason }) => [reason.code, reason.retryable]),
    [['DEADLOCK', true]],
  )
  assert.ok((await cross({ retries: 5 })).every(one => one.status === 'fulfilled'))
})

test('what cannot pass is not tried again, nor what the function itself throws', async t => {
  const db = await tables(t)
  let runs = 0
  await fails(
    () =>
      db.transaction(
        async tx => {
          runs++
          await tx.users.create({ email: 'a' })
          await tx.users.create({ email: 'a' })
        },
        { retries: 5 },
      ),
    { code: 'UNIQUE_VIOLATION' },
  )
  await assert.rejects(
    db.transaction(
      async () => {
        runs++
        throw new Error('mine')
      },
      { retries: 5 },
    ),
    /mine/,
  )
  assert.equal(runs, 2)
  for (const retries of [-1, 1.5, '2', null])
    await fails(() => db.transaction(async () => {}, { retries }), { code: 'QUERY_INVALID', message: /retries/ })
})

test('after a failure a transaction can only be rolled back, and its commit does not pretend', async t => {
  const db = await tables(t)
  await db.users.create({ email: 'a' })
  const failed = { code: 'SESSION_FAILED', retryable: false }
  await fails(
    () =>
      db.transaction(async tx => {
        await tx.users.create({ email: 'b' })
        await fails(() => tx.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
        await fails(() => tx.users.create({ email: 'c' }), failed)
        await fails(() => tx.users.count(), failed)
      }),
    failed,
  )
  assert.deepEqual(await emails(db), ['a'])
  const late = []
  await fails(
    () =>
      db.transaction(async tx => {
        late.push(tx.users.create({ email: 'a' }).catch(error => error.code))
        late.push(tx.users.create({ email: 'd' }).catch(error => error.code))
      }),
    failed,
  )
  assert.deepEqual(await Promise.all(late), ['UNIQUE_VIOLATION', 'SESSION_FAILED'])
  assert.throws(
    () =>
      db.sync.transaction(tx => {
        assert.throws(() => tx.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
        assert.throws(() => tx.users.count(), failed)
      }),
    failed,
  )
  assert.deepEqual(await emails(db), ['a'])
})

test('a savepoint keeps a failure to itself', async t => {
  const db = await tables(t)
  await db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    for (let i = 0; i < 3; i++) {
      await fails(() => tx.transaction(inner => inner.users.create({ email: 'a' })), { code: 'UNIQUE_VIOLATION' })
      await tx.users.create({ email: `after ${i}` })
    }
    await fails(() => tx.transaction(inner => inner.posts.create({ userId: 99, title: 'x' })), {
      code: 'FOREIGN_KEY_VIOLATION',
    })
  })
  db.sync.transaction(tx => {
    assert.throws(() => tx.transaction(inner => inner.users.create({ email: 'a' })), { code: 'UNIQUE_VIOLATION' })
    tx.users.create({ email: 'last' })
  })
  assert.deepEqual(await emails(db), ['a', 'after 0', 'after 1', 'after 2', 'last'])
})

test('a session begins with its first write, says when it has failed, and goes on after a rollback', async t => {
  const db = await tables(t)
  const session = db.session()
  const idle = async () =>
    (
      await onServer(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1 AND state LIKE 'idle in transaction%'`,
        [(await db.sql`SELECT current_database()::text AS name`)[0].name],
      )
    )[0].n
  assert.equal(await idle(), 0)
  assert.equal(await session.users.count(), 0)
  assert.equal(await idle(), 0)
  await session.users.create({ email: 'a' })
  assert.equal(await idle(), 1)
  await fails(() => session.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
  await fails(() => session.users.count(), { code: 'SESSION_FAILED', hint: /rollback/ })
  await fails(() => session.commit(), { code: 'SESSION_FAILED' })
  await session.rollback()
  await session.users.create({ email: 'b' })
  await session.commit()
  assert.equal(await idle(), 0)
  await session.close()
  assert.deepEqual(await emails(db), ['b'])
})

test('values that are refused before the server leave a transaction as it was', async t => {
  const db = await tables(t)
  await db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    await fails(() => tx.users.create({ email: 5 }), { code: 'VALUE_INVALID' })
    await fails(() => tx.users.list({ where: { nope: 1 } }), { code: 'UNKNOWN_COLUMN' })
    await fails(() => tx.users.update(99, { name: 'x' }), { code: 'NOT_FOUND' })
    await tx.users.create({ email: 'b' })
  })
  assert.deepEqual(await emails(db), ['a', 'b'])
})

test('a blocking write does not wait for a transaction of this process, also by another handle', async t => {
  const url = await newUrl(t)
  const [db, other] = [opened(t, url), opened(t, url)]
  await initDb({ db })
  const wait = gate()
  const inside = gate()
  const running = db.transaction(async tx => {
    await tx.users.create({ email: 'a' })
    inside.open()
    await wait.passed
  })
  await inside.passed
  for (const one of [db, other])
    await fails(async () => one.sync.users.create({ email: 'a' }), { code: 'SYNC_BLOCKED', retryable: false })
  assert.equal(db.sync.users.count(), 0)
  wait.open()
  await running
  assert.equal(db.sync.users.count(), 1)
})

test('a statement that is cancelled by its timeout is TIMEOUT, and the connection goes on', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = opened(t, `${url}?options=${encodeURIComponent('-c statement_timeout=150')}`, { pool: { size: 1 } })
  await Promise.all([
    fails(() => db.sql`SELECT pg_sleep(10)`, { code: 'TIMEOUT' }),
    ...Array.from({ length: 20 }, (_, i) => db.users.create({ email: `${i}` })),
  ])
  assert.equal(await db.users.count(), 20)
  await fails(async () => db.sync.sql`SELECT pg_sleep(10)`, { code: 'TIMEOUT' })
})

test('a transaction that an administrator cancels is whole or absent, or unclear, and leaves no connection in it', async t => {
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = opened(t, url, { pool: { size: 1 } })
  const side = opened(t, url, { pool: { size: 1 } })
  let over = false
  const cancelling = (async () => {
    while (!over) {
      await side.sql`SELECT pg_cancel_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`
    }
  })()
  const committed = []
  const unclear = []
  for (let n = 0; n < 1500; n++) {
    const email = `user ${n}`
    const made = await db
      .transaction(async tx => {
        await tx.users.create({ email })
      })
      .then(
        () => true,
        error => error,
      )
    if (made === true) committed.push(email)
    else assert.equal(made.code, 'TIMEOUT', made)
    // If its BEGIN was hit, the write behind it ran by itself.
    if (made.mayHaveCommitted) unclear.push(email)
    // A call by itself may be hit, too, but is never part of a transaction that was left.
    const found = await db.users.count().catch(error => error)
    if (typeof found !== 'number') assert.equal(found.code, 'TIMEOUT', found)
  }
  over = true
  await cancelling
  assert.ok(committed.length > 0 && committed.length < 1500, `${committed.length} committed`)
  assert.ok(unclear.length < 300, `${unclear.length} unclear`)
  const found = (await emails(side)).filter(email => !unclear.includes(email))
  assert.deepEqual(found.sort(), committed.sort())
})
