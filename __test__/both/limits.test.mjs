// Calls that are stopped: the statement ends in the database, its connection serves the next call,
// other calls do not notice.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb, PlinthError } from 'plinth'
import { fails } from '../support/db.mjs'
import { dialect, newUrl, PLACES } from '../support/dialect.mjs'
import { unless } from '../support/differences.mjs'
import { emails, gate, opened, program, tables } from '../support/engine.mjs'

/** A statement that would run for hours. */
const endless = db =>
  db.sql`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) AS n FROM n`

/** One that would write for hours. */
const writesEndlessly = db =>
  db.sql`INSERT INTO users (email)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT 'endless' || i FROM n`

/** Waits until it holds. */
async function until(holds) {
  while (!(await holds())) await sleep(5)
}

/** A database with few connections, and a look at it from the side. */
async function few(t, size = 2) {
  const url = await newUrl(t)
  const db = opened(t, url, { pool: { size } })
  await initDb({ db })
  return { db, side: opened(t, url) }
}

/** The statements that other connections to the database run, or hold open. */
const busy = side =>
  dialect === 'sqlite'
    ? []
    : side.sql`SELECT state, query FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`

/** Every connection is free: as many transactions as there are connections, and nothing that runs beside them. */
async function atRest(db, side, size = 2) {
  await until(async () => (await busy(side)).length === 0)
  const width = dialect === 'sqlite' ? 1 : size
  const open = gate()
  let begun = 0
  const all = Array.from({ length: width }, () =>
    db.transaction(async tx => {
      await tx.users.count()
      begun++
      await open.passed
    }),
  )
  await until(() => begun === width)
  open.open()
  await Promise.all(all)
}

for (const place of PLACES) {
  test(`a statement in a ${place} that would run for hours is stopped, and the next call runs`, async t => {
    const db = await tables(t, place)
    for (const run of [endless, writesEndlessly]) {
      const controller = new AbortController()
      const reason = new Error('gone')
      const running = run(db.with({ signal: controller.signal }))
      setTimeout(() => controller.abort(reason), 50)
      const error = await fails(() => running, { code: 'ABORTED', mayHaveCommitted: false, retryable: false })
      assert.equal(error.cause, reason)
      await fails(() => run(db.with({ timeout: 50 })), { code: 'TIMEOUT', mayHaveCommitted: false, message: /50 ms/ })
      assert.equal(await db.users.count(), 0)
      await db.users.create({ email: 'next' })
      await db.users.deleteMany({ all: true })
    }
  })

  test(`a transaction in a ${place} is rolled back and rejects when its time is over, though its function hangs`, async t => {
    const db = await tables(t, place)
    let kept
    await fails(
      () =>
        db.transaction(
          async tx => {
            kept = tx
            await tx.users.create({ email: 'a' })
            await new Promise(() => {})
          },
          { timeout: 50 },
        ),
      { code: 'TIMEOUT' },
    )
    await fails(() => kept.users.count(), { code: 'TIMEOUT' })
    await fails(() => kept.sql`SELECT 1`, { code: 'TIMEOUT' })
    await fails(() => kept.transaction(async () => {}), { code: 'TIMEOUT' })
    assert.equal(await db.users.count(), 0)
    await db.transaction(tx => tx.users.create({ email: 'b' }), { timeout: 60_000 })
    assert.deepEqual(await emails(db), ['b'])
  })

  test(`a session in a ${place} is rolled back and closed when it is stopped`, async t => {
    const db = await tables(t, place)
    const controller = new AbortController()
    const session = db.session({ signal: controller.signal })
    await session.users.create({ email: 'a' })
    const running = endless(session)
    setTimeout(() => controller.abort('gone'), 50)
    await fails(() => running, { code: 'ABORTED', cause: 'gone' })
    await fails(() => session.users.count(), { code: 'ABORTED', cause: 'gone' })
    await fails(() => session.commit(), { code: 'ABORTED' })
    await session.close()
    assert.equal(await db.users.count(), 0)
    await db.users.create({ email: 'b' })
  })
}

test('what the server runs is stopped there', unless('stopsAlone'), async t => {
  const { db, side } = await few(t)
  const controller = new AbortController()
  const running = Promise.allSettled([
    endless(db.with({ signal: controller.signal })),
    db.transaction(tx => endless(tx), { signal: controller.signal }),
  ])
  await until(async () => (await busy(side)).length === 2)
  controller.abort()
  for (const { reason } of await running) assert.equal(reason.code, 'ABORTED')
  assert.deepEqual(await busy(side), [])
  await atRest(db, side)
})

test('200 callers beside 20 that are stopped notice nothing, and what was confirmed is there once', async t => {
  const { db, side } = await few(t, 4)
  const controllers = Array.from({ length: 20 }, () => new AbortController())
  const stopped = controllers.map(({ signal }, i) =>
    i % 2 ? endless(db.with({ signal })) : db.users.create({ email: `stopped${i}` }, { signal }),
  )
  const settled = Promise.allSettled(stopped)
  setTimeout(() => {
    for (const controller of controllers) controller.abort()
  }, 30)
  const made = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const user = await db.users.create({ email: `caller${i}` })
      assert.equal((await db.users.get(user.id)).email, `caller${i}`)
      await db.users.update(user.id, { name: 'seen' })
      return user.email
    }),
  )
  const confirmed = [...made]
  for (const [i, { status, value, reason }] of (await settled).entries()) {
    if (status === 'fulfilled') confirmed.push(value.email)
    else {
      assert.deepEqual([reason.code, reason.mayHaveCommitted], ['ABORTED', false], `call ${i}`)
    }
  }
  assert.deepEqual((await emails(db)).sort(), confirmed.sort())
  assert.equal(await db.users.count({ where: { name: 'seen' } }), 200)
  await atRest(db, side, 4)
})

test('a call that waits is answered when it is stopped, and never runs', async t => {
  const { db, side } = await few(t, 1)
  const open = gate()
  const begun = gate()
  const holder = db.transaction(async tx => {
    await tx.users.create({ email: 'holder' })
    begun.open()
    await open.passed
  })
  await begun.passed
  const signal = AbortSignal.timeout(50)
  const waiting = [
    db.users.create({ email: 'late' }, { timeout: 50 }),
    db.users.createMany([{ email: 'late1' }, { email: 'late2' }], { signal }),
    db.transaction(tx => tx.users.create({ email: 'late' }), { timeout: 50 }),
    db.with({ timeout: 50 }).sql`DELETE FROM users`,
  ]
  const session = db.session({ timeout: 50 })
  waiting.push(session.users.create({ email: 'late' }))
  const plain = db.session()
  waiting.push(plain.users.create({ email: 'late' }, { timeout: 50 }))
  const codes = (await Promise.allSettled(waiting)).map(({ reason }) => reason?.code)
  assert.deepEqual(codes, ['TIMEOUT', 'ABORTED', 'TIMEOUT', 'TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
  open.open()
  await holder
  await plain.close()
  await session.close()
  assert.deepEqual(await emails(db), ['holder'])
  await atRest(db, side, 1)
})

test('a nested transaction is undone alone when its time is over, also while it waits for its turn', async t => {
  const { db } = await few(t)
  await db.transaction(async tx => {
    await tx.users.create({ email: 'outer' })
    const hanging = tx.transaction(
      async inner => {
        await inner.users.create({ email: 'inner' })
        await new Promise(() => {})
      },
      { timeout: 100 },
    )
    const behind = [
      tx.transaction(() => assert.fail('it never began'), { timeout: 50 }),
      tx.users.create({ email: 'call' }, { timeout: 50 }),
    ]
    for (const { reason } of await Promise.allSettled(behind)) assert.equal(reason.code, 'TIMEOUT')
    await fails(() => hanging, { code: 'TIMEOUT' })
    await tx.transaction(inner => inner.users.create({ email: 'after' }), { timeout: 60_000 })
  })
  assert.deepEqual(await emails(db), ['outer', 'after'])
})

test('nested transactions end with the outer one that is stopped', async t => {
  const { db, side } = await few(t)
  const ends = []
  await fails(
    () =>
      db.transaction(
        async tx => {
          const inner = tx.transaction(async nested => {
            await nested.users.create({ email: 'nested' })
            await new Promise(() => {})
          })
          ends.push(inner)
          // This one has no handler: the transaction rejects with the same.
          tx.users.count()
          await inner
        },
        { timeout: 50 },
      ),
    { code: 'TIMEOUT' },
  )
  for (const { reason } of await Promise.allSettled(ends)) assert.equal(reason.code, 'TIMEOUT')
  assert.equal(await db.users.count(), 0)
  await atRest(db, side)
})

test('a statement that is stopped ends its transaction, or fails it: nothing of it stays', async t => {
  const { db, side } = await few(t)
  await fails(
    () =>
      db.transaction(async tx => {
        await tx.users.create({ email: 'a' })
        await fails(() => writesEndlessly(tx.with({ timeout: 50 })), { code: 'TIMEOUT' })
        await tx.users.create({ email: 'b' })
      }),
    { code: /^SESSION_(ENDED|FAILED)$/ },
  )
  assert.equal(await db.users.count(), 0)
  await atRest(db, side)
})

test('a transaction is not tried again after its time', async t => {
  const { db } = await few(t)
  let ran = 0
  const passing = new PlinthError('SERIALIZATION_FAILURE', 'once more', { retryable: true })
  await fails(
    () =>
      db.transaction(
        async () => {
          ran++
          if (ran > 3) await new Promise(() => {})
          throw passing
        },
        { retries: 1000, timeout: 200 },
      ),
    { code: 'TIMEOUT' },
  )
  assert.ok(ran <= 4)
  const controller = new AbortController()
  await fails(
    () =>
      db.transaction(
        async () => {
          controller.abort()
          throw passing
        },
        { retries: 5, signal: controller.signal },
      ),
    { code: 'ABORTED' },
  )
})

test('createMany of many rows is whole or absent when it is stopped', async t => {
  const { db, side } = await few(t)
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ email: `row${i}` }))
  for (const call of [
    options => db.users.createMany(rows, options),
    options => db.users.createMany(rows.slice(0, 2000), options),
  ]) {
    for (const after of [1, 5, 10, 20, 40, 80]) {
      const controller = new AbortController()
      setTimeout(() => controller.abort(), after)
      const result = await call({ signal: controller.signal }).catch(error => error)
      const expected = Array.isArray(result) ? result.length : 0
      if (!expected) assert.deepEqual([result.code, result.mayHaveCommitted], ['ABORTED', false])
      assert.equal(await db.users.count(), expected, `after ${after} ms`)
      await db.users.deleteMany({ all: true })
    }
  }
  await atRest(db, side)
})

test('what is stopped while it commits has committed, or says that it has not', async t => {
  const { db, side } = await few(t)
  for (let i = 0; i < 100; i++) {
    const controller = new AbortController()
    const email = `user${i}`
    const work = async tx => {
      await tx.users.create({ email })
      setImmediate(() => controller.abort())
    }
    const { signal } = controller
    const done = await db.transaction(work, { signal }).then(
      () => true,
      error => {
        assert.deepEqual([error.code, error.mayHaveCommitted], ['ABORTED', false])
        return false
      },
    )
    assert.equal(await db.users.exists({ where: { email } }), done)
  }
  await atRest(db, side)
})

test('1,000 random aborts leave no connection in use, and every write is whole or absent', async t => {
  const { db, side } = await few(t, 4)
  const confirmed = []
  const note = (email, promise) =>
    promise.then(
      () => confirmed.push(email),
      error => {
        assert.ok(['ABORTED', 'TIMEOUT'].includes(error.code), error.stack)
        assert.equal(error.mayHaveCommitted, false)
      },
    )
  const calls = [
    (email, options) => db.users.create({ email }, options),
    (email, options) => db.with(options).users.createMany([{ email }, { email: `${email}+` }]),
    (email, options) => db.transaction(tx => tx.users.create({ email }), options),
    (email, options) =>
      db.transaction(async tx => {
        await tx.users.create({ email })
        await tx.transaction(inner => inner.users.count(options))
      }),
    async (email, options) => {
      const session = db.session(options)
      try {
        await session.users.create({ email })
        await session.commit()
      } finally {
        await session.close()
      }
    },
    (email, options) => db.scope(session => session.users.create({ email }), options),
  ]
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const controller = new AbortController()
        const email = `user${round}-${i}`
        setTimeout(() => controller.abort(), Math.random() * 25)
        return note(email, calls[i % calls.length](email, i % 7 ? { signal: controller.signal } : { timeout: 5 }))
      }),
    )
  }
  const found = (await emails(db)).filter(email => !email.endsWith('+'))
  assert.deepEqual(found.sort(), confirmed.sort())
  await atRest(db, side, 4)
})

test('one signal serves 1,000 calls with one listener, and none is left', async t => {
  const { db } = await few(t)
  const warnings = []
  const warned = warning => warnings.push(warning.name)
  process.on('warning', warned)
  t.after(() => process.off('warning', warned))
  const controller = new AbortController()
  const { signal } = controller
  const all = Array.from({ length: 1000 }, (_, i) =>
    db.users.create({ email: `user${i}` }, { signal, timeout: 60_000 }),
  )
  assert.equal(getEventListeners(signal, 'abort').length, 1)
  await Promise.all(all)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const session = db.session({ signal })
  await db.transaction(tx => tx.users.count(), { signal })
  await session.close()
  await fails(() => db.users.create({ email: 'user0' }, { signal }), { code: 'UNIQUE_VIOLATION' })
  await fails(() => db.users.create({ email: 5 }, { signal }), { code: 'VALUE_INVALID' })
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  await sleep(0)
  assert.deepEqual(warnings, [])
  controller.abort()
  assert.equal(await db.users.count(), 1000)
})

test('the limits of calls that have ended do not keep the process alive', async t => {
  const url = await newUrl(t)
  const { code, stdout, stderr } = await program(
    url,
    `(async () => {
      const db = open({ models, url })
      await initDb({ db })
      const options = { timeout: 1000000, signal: new AbortController().signal }
      await db.users.create({ email: 'a' }, options)
      await db.transaction(tx => tx.users.count(options), options)
      await db.users.create({ email: 'a' }, options).catch(() => {})
      const session = db.session(options)
      await session.users.count()
      await db.close({ timeout: 0 })
      console.log('done')
    })()`,
  )
  assert.deepEqual([code, stdout, stderr], [0, 'done\n', ''])
})

test('a blocking call and a blocking transaction end in time', async t => {
  const { db } = await few(t)
  const { sync } = db.with({ timeout: 50 })
  await fails(async () => endless(sync), { code: 'TIMEOUT', mayHaveCommitted: false })
  await fails(async () => writesEndlessly(sync), { code: 'TIMEOUT' })
  const late = () => {
    const end = performance.now() + 80
    while (performance.now() < end);
  }
  await fails(
    async () =>
      db.sync.transaction(
        tx => {
          tx.users.create({ email: 'a' })
          late()
        },
        { timeout: 50 },
      ),
    { code: 'TIMEOUT' },
  )
  await fails(
    async () =>
      db.sync.transaction(
        tx => {
          tx.users.create({ email: 'a' })
          endless(tx)
        },
        { timeout: 50 },
      ),
    { code: 'TIMEOUT' },
  )
  assert.equal(db.sync.users.count({ timeout: 60_000 }), 0)
  await db.users.create({ email: 'b' })
})
