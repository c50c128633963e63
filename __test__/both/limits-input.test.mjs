// The options signal and timeout on every call: what is refused, and what an aborted signal does before anything is sent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fails } from '../support/db.mjs'
import { tables } from '../support/engine.mjs'

/** Every call that takes them, with what makes it with these options. */
const CALLS = {
  get: (db, o) => db.users.get(1, o),
  find: (db, o) => db.users.find(o),
  list: (db, o) => db.users.list(o),
  count: (db, o) => db.users.count(o),
  exists: (db, o) => db.users.exists(o),
  aggregate: (db, o) => db.users.aggregate({ count: true, ...o }),
  create: (db, o) => db.users.create({ email: 'new' }, o),
  createMany: (db, o) => db.users.createMany([{ email: 'new' }], o),
  'createMany of many': (db, o) => db.users.createMany(many, o),
  update: (db, o) => db.users.update(1, { name: 'new' }, o),
  'update of nothing': (db, o) => db.users.update(1, {}, o),
  updateMany: (db, o) => db.users.updateMany({ all: true, ...o }, { name: 'new' }),
  upsert: (db, o) => db.users.upsert({ email: 'new' }, { on: ['email'], ...o }),
  delete: (db, o) => db.users.delete(1, o),
  deleteMany: (db, o) => db.users.deleteMany({ all: true, ...o }),
  transaction: (db, o) => db.transaction(async tx => tx.users.create({ email: 'new' }), o),
}
const many = Array.from({ length: 5000 }, (_, i) => ({ email: `new${i}` }))

/** Calls that are not made again in a transaction or a session, and give no promise. */
const OTHERS = {
  session: (db, o) => db.session(o),
  with: (db, o) => db.with(o),
}

const BAD_SIGNALS = [
  null,
  true,
  'signal',
  Object.create(AbortSignal.prototype),
  1,
  {},
  [],
  () => {},
  new AbortController(),
  { aborted: false },
  "'; DROP TABLE users; --",
]
const BAD_TIMEOUTS = [null, true, '100', 0, -1, Number.NaN, -Infinity, 10n, {}, [], new Date(), '1; DROP TABLE users']

const one = async t => {
  const db = await tables(t)
  await db.users.create({ email: 'one' })
  return db
}

const untouched = async db => assert.deepEqual(await db.users.list(), [{ id: 1, email: 'one', name: null }])

for (const [name, call] of Object.entries({ ...CALLS, ...OTHERS })) {
  test(`${name} refuses what is no signal and no timeout`, async t => {
    const db = await one(t)
    for (const signal of BAD_SIGNALS) {
      await fails(async () => call(db, { signal }), { code: 'QUERY_INVALID', message: /signal must be an AbortSignal/ })
    }
    for (const timeout of BAD_TIMEOUTS) {
      await fails(async () => call(db, { timeout }), {
        code: 'QUERY_INVALID',
        message: /timeout must be a number of milliseconds above 0/,
      })
    }
    await fails(async () => call(db, { timeOut: 100 }), { code: 'UNKNOWN_OPTION' })
    await fails(async () => call(db, { "timeout'; DROP TABLE users; --": 100 }), { code: 'UNKNOWN_OPTION' })
    await untouched(db)
  })
}

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name} takes both, undefined too, and does what it does`, async t => {
    const db = await one(t)
    const { signal } = new AbortController()
    for (const options of [
      { timeout: 60_000 },
      { signal },
      { signal, timeout: 60_000.5 },
      { timeout: Number.POSITIVE_INFINITY },
      { timeout: 1e300 },
      { signal: undefined, timeout: undefined },
    ]) {
      const undo = new Error('undo')
      await assert.rejects(
        db.transaction(async tx => {
          await call(tx, options)
          throw undo
        }),
        undo,
      )
    }
    await call(db, { signal, timeout: 60_000 })
  })

  test(`${name} with a signal that has fired is ABORTED before anything is sent`, async t => {
    const db = await one(t)
    const reason = new Error('why')
    const signal = AbortSignal.abort(reason)
    const session = db.session()
    for (const place of [db, session]) {
      const error = await fails(() => call(place, { signal }), {
        code: 'ABORTED',
        mayHaveCommitted: false,
        retryable: false,
      })
      assert.equal(error.cause, reason)
    }
    await db.transaction(async tx => {
      await fails(() => call(tx, { signal }), { code: 'ABORTED' })
      await tx.users.count()
    })
    await session.close()
    await untouched(db)
  })
}

test('unknown options are refused where a call had none before', async t => {
  const db = await one(t)
  for (const call of [CALLS.create, CALLS.update, CALLS.delete]) {
    await fails(() => call(db, { page: 1 }), { code: 'UNKNOWN_OPTION', hint: /signal, timeout/ })
    for (const options of [null, 1, 'timeout', [], new Date()]) {
      await fails(() => call(db, options), { code: 'QUERY_INVALID' })
    }
  }
  for (const options of [undefined, null, 1, 'timeout', []]) {
    await fails(async () => db.with(options), { code: 'QUERY_INVALID' })
    if (options !== undefined) await fails(async () => db.session(options), { code: 'QUERY_INVALID' })
  }
  await untouched(db)
})

test('a session whose signal has fired is not begun', async t => {
  const db = await one(t)
  await fails(async () => db.session({ signal: AbortSignal.abort('gone') }), { code: 'ABORTED', cause: 'gone' })
  await untouched(db)
})

test('a view has the limits of all views that it was made on, and the nearest does not undo the others', async t => {
  const db = await one(t)
  const fired = AbortSignal.abort('first')
  const { signal } = new AbortController()
  for (const view of [
    db.with({ signal: fired }),
    db.with({ signal: fired }).with({ signal }),
    db.with({ signal }).with({ signal: fired }),
  ]) {
    await fails(() => view.users.count(), { code: 'ABORTED', cause: 'first' })
    await fails(() => view.users.count({ timeout: 60_000 }), { code: 'ABORTED' })
    await fails(() => view.users.count({ signal }), { code: 'ABORTED' })
    await fails(() => view.sql`DELETE FROM users`, { code: 'ABORTED' })
    await fails(() => view.transaction(tx => tx.users.create({ email: 'x' })), { code: 'ABORTED' })
    await fails(async () => view.session(), { code: 'ABORTED' })
    await fails(async () => view.sync.users.count(), { code: 'UNKNOWN_OPTION' })
  }
  await db.transaction(async tx => {
    await fails(() => tx.with({ signal: fired }).users.count(), { code: 'ABORTED' })
    assert.equal(await tx.with({ timeout: 60_000 }).with({}).users.count(), 1)
  })
  const session = db.session()
  await fails(() => session.with({ signal: fired }).users.count(), { code: 'ABORTED' })
  assert.equal(await session.with({ signal }).users.count(), 1)
  await session.with({ signal }).close()
  await fails(() => session.users.count(), { code: 'SESSION_ENDED' })
  assert.equal((await db.with({ timeout: 60_000 }).health()).status, 'ok')
  await untouched(db)
})

test('a blocking call takes a timeout, and says that nothing can fire a signal', async t => {
  const db = await one(t)
  const { signal } = new AbortController()
  for (const [name, call] of Object.entries(CALLS)) {
    if (name === 'transaction') continue
    await fails(async () => call(db.sync, { signal }), { code: 'UNKNOWN_OPTION', hint: /timeout/ })
    await fails(async () => call(db.sync, { timeout: '1' }), { code: 'QUERY_INVALID' })
  }
  await fails(async () => db.sync.transaction(() => {}, { signal }), { code: 'UNKNOWN_OPTION' })
  await untouched(db)
  assert.equal(db.sync.users.count({ timeout: 60_000 }), 1)
  assert.equal(
    db.sync.transaction(tx => tx.users.create({ email: 'two' }, { timeout: 60_000 }).id, { timeout: 60_000 }),
    2,
  )
  assert.equal(db.with({ timeout: 60_000 }).sync.users.get(2).email, 'two')
})

test('a blocking call refuses a signal, which could not fire, and says what to use', async t => {
  const { sync } = await one(t)
  const { signal } = new AbortController()
  const calls = [
    () => sync.users.list({ signal }),
    () => sync.users.create({ email: 'new' }, { signal }),
    () => sync.transaction(() => {}, { signal }),
    () => [...sync.users.stream({ signal })],
  ]
  for (const call of calls)
    await fails(call, {
      code: 'UNKNOWN_OPTION',
      message: 'A blocking call has no option "signal".',
      hint: 'The options are: timeout. A signal cannot fire while a call blocks: use the asynchronous call.',
    })
})
