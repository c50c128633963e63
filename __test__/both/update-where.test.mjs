// update(key, values, { where }): the row is changed only if it meets the condition; a row that does not is distinguished from none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, PlinthError, StaleRowError, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'

const owners = model('owners', { id: c.id(), name: c.text() })
const tasks = model('tasks', {
  id: c.id(),
  title: c.text(),
  status: c.enum('task_status', ['open', 'done']).default('open'),
  points: c.integer().nullable(),
  secret: c.text().private().default('s3cret'),
  ownerId: c.integer().nullable().references('owners.id'),
  changedAt: c.timestamp().nullable(),
})
const seats = model('seats', { row: c.text().primaryKey(), number: c.integer().primaryKey(), taken: c.boolean() })
const locks = model('locks', { name: c.text().primaryKey().private(), n: c.integer() })
const stamps = model('stamps', { id: c.id(), n: c.integer(), changedAt: c.timestamp().touch() })
const models = schema({ owners, tasks, seats, locks, stamps }, { tasks: r => ({ owner: r.one('owners', 'ownerId') }) })

test('a row that meets the condition is changed, one that does not is as it was', async t => {
  const db = await database(t, models)
  const { id } = await db.tasks.create({ title: 'a', points: 1 })
  const open = { where: { status: 'open', points: { lt: 5 } } }
  assert.deepEqual(await db.tasks.update(id, { status: 'done' }, open), await db.tasks.get(id))
  const before = await db.tasks.get(id)
  const error = await fails(() => db.tasks.update(id, { status: 'open', title: 'b' }, open), {
    code: 'STALE_ROW',
    name: 'StaleRowError',
    message: `tasks.update: the row with the key ${id} does not meet where.`,
    table: 'tasks',
    columns: ['status', 'points'],
    key: id,
    expected: 'a row that meets where',
    found: 'a row that does not',
    hint: /read it again/,
    retryable: false,
  })
  assert.ok(error instanceof StaleRowError && error instanceof PlinthError)
  assert.deepEqual(await db.tasks.get(id), before)
  assert.throws(() => db.sync.tasks.update(id, { title: 'b' }, open), { code: 'STALE_ROW' })
  assert.equal(db.sync.tasks.update(id, { title: 'b' }, { where: { status: 'done' } }).title, 'b')
})

test('no row at all is NOT_FOUND, whatever the condition', async t => {
  const db = await database(t, models)
  const none = { code: 'NOT_FOUND', found: 'no row with the key 99' }
  await fails(() => db.tasks.update(99, { title: 'b' }, { where: { status: 'open' } }), none)
  await fails(async () => db.sync.tasks.update(99, { title: 'b' }, { where: { status: 'open' } }), none)
  await fails(() => db.transaction(tx => tx.tasks.update(99, { title: 'b' }, { where: { status: 'open' } })), none)
})

test('conditions on relations, null and private columns', async t => {
  const db = await database(t, models)
  const owner = await db.owners.create({ name: 'Ada' })
  const { id } = await db.tasks.create({ title: 'a', ownerId: owner.id })
  await db.tasks.update(id, { points: 1 }, { where: { owner: { is: { name: 'Ada' } }, points: null } })
  const stale = { code: 'STALE_ROW' }
  await fails(() => db.tasks.update(id, { points: 2 }, { where: { owner: { is: { name: 'Bob' } } } }), stale)
  await fails(() => db.tasks.update(id, { points: 2 }, { where: { or: [{ points: null }, { points: 7 }] } }), stale)
  const error = await fails(() => db.tasks.update(id, { points: 2 }, { where: { secret: 'guess' } }), stale)
  assert.doesNotMatch(`${error.message}${error.found}`, /guess|s3cret/)
  assert.equal((await db.tasks.update(id, { points: 2 }, { where: { secret: 's3cret' } })).points, 2)
})

test('keys of several columns, and private ones', async t => {
  const db = await database(t, models)
  const key = { row: 'A', number: 1 }
  await db.seats.create({ ...key, taken: false })
  await db.seats.update(key, { taken: true }, { where: { taken: false } })
  await fails(() => db.seats.update(key, { taken: true }, { where: { taken: false } }), {
    code: 'STALE_ROW',
    key,
    message: 'seats.update: the row with the key { row: "A", number: 1 } does not meet where.',
  })
  await db.locks.create({ name: 'SECRET', n: 1 })
  const error = await fails(() => db.locks.update('SECRET', { n: 2 }, { where: { n: 9 } }), { code: 'STALE_ROW' })
  assert.equal('key' in error, false)
  assert.doesNotMatch(error.message, /SECRET/)
})

test('without a value the condition counts all the same, and a touched column is set', async t => {
  const db = await database(t, models)
  const { id } = await db.tasks.create({ title: 'a' })
  assert.equal((await db.tasks.update(id, {}, { where: { title: 'a' } })).id, id)
  await fails(() => db.tasks.update(id, {}, { where: { title: 'b' } }), { code: 'STALE_ROW' })
  await fails(() => db.tasks.update(99, {}, { where: { title: 'b' } }), { code: 'NOT_FOUND' })
  const past = new Date('2001-01-01')
  const stamp = await db.stamps.create({ n: 1, changedAt: past })
  await fails(() => db.stamps.update(stamp.id, { n: 2 }, { where: { n: 2 } }), { code: 'STALE_ROW' })
  assert.deepEqual((await db.stamps.get(stamp.id))?.changedAt, past)
  assert.ok((await db.stamps.update(stamp.id, {}, { where: { n: 1 } })).changedAt > past)
})

test('of many that change one row at once, one succeeds', async t => {
  const db = await database(t, models)
  const { id } = await db.tasks.create({ title: 'a' })
  const claim = n => db.tasks.update(id, { status: 'done', title: `by ${n}` }, { where: { status: 'open' } })
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => claim(n)))
  const [won, ...others] = results.filter(it => it.status === 'fulfilled')
  assert.deepEqual(others, [])
  assert.deepEqual(await db.tasks.get(id), won.value)
  for (const it of results) if (it.status === 'rejected') assert.equal(it.reason.code, 'STALE_ROW')
})

test('in transactions, sessions and scopes', async t => {
  const db = await database(t, models)
  const { id } = await db.tasks.create({ title: 'a' })
  const stale = tables => tables.tasks.update(id, { title: 'b' }, { where: { status: 'done' } })
  await fails(() => db.transaction(stale), { code: 'STALE_ROW' })
  await fails(() => db.scope(stale), { code: 'STALE_ROW' })
  const session = db.session()
  t.after(() => session.close())
  await fails(() => stale(session), { code: 'STALE_ROW' })
  // The statement did not fail: the transaction goes on.
  await session.tasks.update(id, { title: 'c' }, { where: { status: 'open' } })
  await session.commit()
  assert.equal((await db.tasks.get(id))?.title, 'c')
  await fails(() => db.with({ timeout: 60_000 }).tasks.update(id, { title: 'b' }, { where: { title: 'b' } }), {
    code: 'STALE_ROW',
  })
})

test('a where that says nothing or is wrong is refused, and changes nothing', async t => {
  const db = await database(t, models)
  const { id } = await db.tasks.create({ title: 'a' })
  const refused = (opts, fields) =>
    fails(() => db.tasks.update(id, { title: 'b' }, opts), { table: 'tasks', ...fields })
  for (const where of [{}, { and: [] }, { and: [{}] }, { not: { or: [] } }]) {
    await refused({ where }, { code: 'WHERE_REQUIRED', message: 'tasks.update: where has no condition.' })
  }
  for (const where of [undefined, null, 1, 'title', []]) await refused({ where }, { code: 'QUERY_INVALID' })
  await refused({ where: { title: undefined } }, { code: 'VALUE_INVALID', columns: ['title'] })
  await refused({ where: { titel: 'a' } }, { code: 'UNKNOWN_COLUMN', hint: /title/ })
  await refused({ where: { points: { above: 1 } } }, { code: 'UNKNOWN_OPERATOR' })
  await refused({ wehre: { title: 'a' } }, { code: 'UNKNOWN_OPTION', hint: /where/ })
  await fails(() => db.tasks.delete(id, { where: { title: 'a' } }), { code: 'UNKNOWN_OPTION' })
  assert.equal((await db.tasks.get(id))?.title, 'a')
})
