// hooks.afterCommit: one event for each committed write, after its commit, and no event for a write that was undone.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, initDb, jsonNull, model, open, schema } from 'plinth'
import { fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { gate, models } from '../support/engine.mjs'

/** A database whose writes of users and posts are noted. */
async function noting(t, hooks = {}) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const events = []
  const note = model => ({ afterCommit: event => void events.push({ model, ...event }) })
  const db = open({ models, url, hooks: { users: note('users'), posts: note('posts'), ...hooks } })
  t.after(() => db.close({ timeout: 0 }))
  /** The events so far, which are taken away. */
  const told = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    return events.splice(0)
  }
  return { db, told, url }
}

const shape = events => events.map(({ call, rows, changes }) => [call, rows?.length ?? changes])

test('each call makes an event of its writes', async t => {
  const { db, told } = await noting(t)
  const a = await db.users.create({ email: 'a' })
  assert.deepEqual(await told(), [{ model: 'users', call: 'create', rows: [a] }])
  const many = await db.users.createMany([{ email: 'b' }, { email: 'c' }])
  assert.deepEqual(await told(), [{ model: 'users', call: 'createMany', rows: many }])
  const updated = await db.users.update(a.id, { name: 'A' })
  assert.deepEqual(await told(), [{ model: 'users', call: 'update', rows: [updated] }])
  const upserted = await db.users.upsert({ email: 'a' }, { on: ['email'], update: { name: 'B' } })
  assert.deepEqual(await told(), [{ model: 'users', call: 'upsert', rows: [upserted] }])
  await db.users.updateMany({ where: { name: null } }, { name: 'C' })
  assert.deepEqual(await told(), [{ model: 'users', call: 'updateMany', where: { name: null }, changes: 2 }])
  await db.users.delete(a.id)
  assert.deepEqual(await told(), [{ model: 'users', call: 'delete', where: { id: a.id }, changes: 1 }])
  await db.users.deleteMany({ all: true })
  assert.deepEqual(await told(), [{ model: 'users', call: 'deleteMany', where: {}, changes: 2 }])
  db.sync.users.create({ email: 'd' })
  assert.deepEqual(shape(await told()), [['create', 1]])
  // In several statements, as one call.
  await db.users.createMany(Array.from({ length: 5000 }, (_, n) => ({ email: `${n}` })))
  assert.deepEqual(shape(await told()), [['createMany', 5000]])
})

test('an event has the values of its call, whatever the caller does with its own later', async t => {
  const models = schema({
    notes: model('notes', { id: c.id(), data: c.json().nullable(), at: c.timestamp(), raw: c.bytes() }),
    seats: model('seats', { at: c.timestamp().primaryKey(), number: c.integer().primaryKey(), n: c.integer() }),
  })
  const url = await newUrl(t)
  await initDb({ models, url })
  const events = []
  const hook = { afterCommit: event => void events.push(event) }
  const db = open({ models, url, hooks: { notes: hook, seats: hook } })
  t.after(() => db.close({ timeout: 0 }))
  const given = { data: { list: [1, { deep: true }] }, at: new Date(5), raw: new Uint8Array([1]) }
  const row = await db.notes.create(given)
  const made = { ...structuredClone(given), id: row.id }
  row.data.list[1].deep = false
  row.at.setTime(9)
  row.raw[0] = 9
  const empty = await db.notes.create({ ...made, id: 7, data: jsonNull })
  const where = { and: [{ at: { lte: new Date(5) } }, { id: { in: [row.id] } }] }
  const asked = structuredClone(where)
  const updating = db.notes.updateMany({ where }, { data: [1] })
  where.and[0].at.lte.setTime(9)
  where.and[1].id.in[0] = 77
  where.and.length = 1
  await updating
  await db.seats.create({ at: new Date(5), number: 1, n: 1 })
  const key = { at: new Date(5), number: 1 }
  const deleting = db.seats.delete(key)
  key.at.setTime(9)
  key.number = 77
  await deleting
  while (events.length < 5) await new Promise(setImmediate)
  assert.deepEqual(events, [
    { call: 'create', rows: [made] },
    { call: 'create', rows: [empty] },
    { call: 'updateMany', where: asked, changes: 1 },
    { call: 'create', rows: [{ at: new Date(5), number: 1, n: 1 }] },
    { call: 'delete', where: { at: new Date(5), number: 1 }, changes: 1 },
  ])
  assert.equal(events[1].rows[0].data, jsonNull)
})

test('reads, writes without a row and writes that fail make no event; nor does raw SQL', async t => {
  const { db, told } = await noting(t)
  await db.users.create({ email: 'a' })
  await told()
  await db.users.list()
  await db.users.update(1, {})
  assert.deepEqual(await db.users.createMany([]), [])
  assert.equal(await db.users.updateMany({ where: { email: 'none' } }, { name: 'x' }), 0)
  assert.equal(await db.users.deleteMany({ where: { email: 'none' } }), 0)
  await fails(() => db.users.create({ email: 'a' }), { code: 'UNIQUE_VIOLATION' })
  await fails(() => db.users.delete(99), { code: 'NOT_FOUND' })
  await db.sql`INSERT INTO users (email) VALUES ('sql')`
  assert.deepEqual(await told(), [])
})

test('the events of a transaction come after its commit, in order; a rollback and an undone savepoint have none', async t => {
  const { db, told } = await noting(t)
  const create = (tx, email) => tx.users.create({ email })
  await db.transaction(async tx => {
    await create(tx, 'a')
    await tx.transaction(inner => create(inner, 'b'))
    await tx
      .transaction(async inner => {
        await create(inner, 'undone')
        await inner.transaction(deepest => create(deepest, 'undone, too'))
        throw new Error('undo')
      })
      .catch(() => {})
    await create(tx, 'c')
    // The function does not await it; the transaction does.
    create(tx, 'd')
    assert.deepEqual(await told(), [])
  })
  assert.deepEqual(
    (await told()).map(({ rows }) => rows[0].email),
    ['a', 'b', 'c', 'd'],
  )
  await assert.rejects(
    db.transaction(async tx => {
      await create(tx, 'e')
      throw new Error('roll back')
    }),
  )
  assert.throws(() =>
    db.sync.transaction(tx => {
      tx.users.create({ email: 'f' })
      throw new Error('roll back')
    }),
  )
  assert.deepEqual(await told(), [])
  db.sync.transaction(tx => {
    tx.users.create({ email: 'g' })
    tx.transaction(inner => inner.users.create({ email: 'h' }))
  })
  assert.deepEqual(shape(await told()), [
    ['create', 1],
    ['create', 1],
  ])
  let runs = 0
  await db.transaction(
    async tx => {
      await create(tx, `run ${++runs}`)
      if (runs < 3)
        throw Object.assign(await fails(() => tx.users.delete(99), { code: 'NOT_FOUND' }), { retryable: true })
    },
    { retries: 5 },
  )
  assert.deepEqual(
    (await told()).map(({ rows }) => rows[0].email),
    ['run 3'],
  )
})

test('a session has events at each commit, a scope at its end', async t => {
  const { db, told } = await noting(t)
  const session = db.session()
  await session.users.create({ email: 'a' })
  assert.deepEqual(await told(), [])
  // The answer and the commit come one behind the other.
  const created = session.users.create({ email: 'b' })
  await session.commit()
  await created
  assert.deepEqual(
    (await told()).map(({ rows }) => rows[0].email),
    ['a', 'b'],
  )
  await session.users.create({ email: 'c' })
  await session.rollback()
  await session.users.create({ email: 'd' })
  await session.close()
  assert.deepEqual(await told(), [])
  await db.scope(async () => {
    await db.current().users.create({ email: 'e' })
    assert.deepEqual(await told(), [])
  })
  assert.deepEqual(shape(await told()), [['create', 1]])
  await assert.rejects(
    db.scope(async () => {
      await db.current().users.create({ email: 'f' })
      throw new Error('roll back')
    }),
  )
  assert.deepEqual(await told(), [])
  await db.scope(async () => {
    db.afterScope(async () => {
      const late = db.session()
      await late.users.create({ email: 'g' })
      await late.commit()
    })
  })
  await sleep(100)
  assert.deepEqual(shape(await told()), [['create', 1]])
})

test('hooks run one after the other, apart from the caller, in no transaction of its, and may write', async t => {
  const order = []
  const held = gate()
  const storage = new AsyncLocalStorage()
  const hooks = {
    users: {
      async afterCommit({ rows: [user] }) {
        order.push(`begin ${user.email}`)
        assert.equal(storage.getStore(), undefined)
        user.email = 'changed'
        if (order.length === 1) await held.passed
        await db.posts.create({ userId: user.id, title: 'made' })
        order.push('end')
      },
    },
  }
  const { db, told } = await noting(t, hooks)
  const [a] = await storage.run('request', () =>
    db.transaction(tx => Promise.all([tx.users.create({ email: 'a' }), tx.users.create({ email: 'b' })])),
  )
  await told()
  assert.deepEqual([order, a.email], [['begin a'], 'a'])
  held.open()
  while (order.length < 4) await sleep(5)
  assert.deepEqual(order, ['begin a', 'end', 'begin b', 'end'])
  assert.equal(await db.posts.count(), 2)
})

test('what a hook throws is a warning, and changes no result; events that are too many are dropped, and counted', async t => {
  const warned = []
  const onWarning = warning => warning.code === 'PLINTH_AFTER_COMMIT' && warned.push(warning.message)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  let heard = 0
  const hooks = {
    users: {
      afterCommit() {
        if (++heard === 1) throw new Error('no mail')
      },
    },
  }
  const { db, told } = await noting(t, hooks)
  assert.equal((await db.users.create({ email: 'a' })).email, 'a')
  await told()
  assert.match(warned.splice(0).join(), /^The afterCommit of users failed after create: .*no mail/)
  await db.transaction(async tx => {
    for (let n = 0; n < 101; n++)
      await Promise.all(Array.from({ length: 100 }, (_, i) => tx.users.create({ email: `${n} ${i}` })))
  })
  while (warned.length < 2) await sleep(5)
  assert.match(warned.join('\n'), /^10000 events wait .*\n100 events of afterCommit were dropped\.$/)
  assert.equal(heard, 10_001)
})

test('close() waits for hooks and what they write, at most as long as it may', async t => {
  const held = gate()
  const { db, url } = await noting(t, {
    users: {
      async afterCommit({ rows: [user] }) {
        await sleep(50)
        await db.posts.create({ userId: user.id, title: 'late' })
        if (user.email === 'for ever') await held.passed
      },
    },
  })
  const created = db.users.create({ email: 'a' })
  await db.close()
  await created
  await fails(() => db.users.list(), { code: 'CLOSED' })
  const again = open({ models, url, hooks: { users: { afterCommit: () => held.passed } } })
  assert.equal(await again.posts.count(), 1)
  await again.users.create({ email: 'for ever' })
  const began = performance.now()
  await again.close({ timeout: 100 })
  assert.ok(performance.now() - began >= 90)
  held.open()
})

test('hooks of unknown models and values that are not hooks are refused', async t => {
  const url = await newUrl(t)
  const bad = (hooks, fields) => fails(async () => open({ models, url, hooks }), fields)
  await bad({ user: { afterCommit() {} } }, { code: 'UNKNOWN_OPTION', message: /hooks.*user/, hint: /users/ })
  await bad({ users: { afterComit() {} } }, { code: 'UNKNOWN_OPTION', hint: /afterCommit/ })
  await bad({ users: {} }, { code: 'QUERY_INVALID', message: /afterCommit/ })
  await bad({ users: { afterCommit: true } }, { code: 'QUERY_INVALID', message: /afterCommit/ })
  await bad({ users: () => {} }, { code: 'QUERY_INVALID', message: /users/ })
  await bad([], { code: 'QUERY_INVALID', message: /hooks/ })
})
