// `returning: false`: the same row is written with the same errors, and nothing comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, c, initDb, model, open, schema } from 'plinth'
import { database, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'

const users = model('users', {
  id: c.id(),
  email: c.text().unique(),
  name: c.text().default('none'),
  points: c.integer().default(0),
  seen: c.timestamp().nullable(),
})
const drafts = model('drafts', { id: c.id(), title: c.text().unique(), version: c.integer().version() })
const models = schema({ users, drafts })
const NONE = { returning: false }

test('each call gives nothing and writes what it writes without the option', async t => {
  const [db, other] = [await database(t, models), await database(t, models)]
  for (const on of [db, db.sync]) {
    assert.equal(await on.users.create({ email: 'a', seen: new Date(5) }, NONE), undefined)
    assert.equal(await on.users.createMany([{ email: 'b' }, { email: 'c', id: 70 }, { email: 'd' }], NONE), undefined)
    assert.equal(
      await on.users.createMany([{ email: 'b' }, { email: 'e' }], { ...NONE, skipDuplicates: true }),
      undefined,
    )
    assert.equal(await on.users.createMany([], NONE), undefined)
    assert.equal(await on.users.update(70, { name: 'changed', points: add(2) }, NONE), undefined)
    assert.equal(await on.users.update(70, {}, NONE), undefined)
    assert.equal(await on.users.upsert({ email: 'a', name: 'A' }, { on: ['email'], ...NONE }), undefined)
    assert.equal(
      await on.users.upsert({ email: 'f', id: 80 }, { on: ['email'], update: { points: add(1) }, ...NONE }),
      undefined,
    )
    assert.equal(
      await on.users.upsert({ email: 'f' }, { on: ['email'], update: { points: add(1) }, ...NONE }),
      undefined,
    )
    assert.equal(await on.users.upsert({ email: 'f' }, { on: ['email'], update: {}, ...NONE }), undefined)
    assert.equal(await on.users.create({ email: 'last' }, NONE), undefined)

    await other.users.create({ email: 'a', seen: new Date(5) })
    await other.users.createMany([{ email: 'b' }, { email: 'c', id: 70 }, { email: 'd' }])
    await other.users.createMany([{ email: 'b' }, { email: 'e' }], { skipDuplicates: true })
    await other.users.update(70, { name: 'changed', points: add(2) })
    await other.users.upsert({ email: 'a', name: 'A' }, { on: ['email'] })
    await other.users.upsert({ email: 'f', id: 80 }, { on: ['email'], update: { points: add(1) } })
    await other.users.upsert({ email: 'f' }, { on: ['email'], update: { points: add(1) } })
    await other.users.upsert({ email: 'f' }, { on: ['email'], update: {} })
    await other.users.create({ email: 'last' })

    const rows = await db.users.list({ orderBy: { email: 'asc' } })
    assert.equal(rows.length, 7)
    assert.deepEqual(rows, await other.users.list({ orderBy: { email: 'asc' } }))
    for (const each of [db, other]) await each.users.deleteMany({ all: true })
  }
})

test('true and undefined give the row', async t => {
  const db = await database(t, models)
  for (const returning of [true, undefined]) {
    const made = await db.users.create({ email: `${returning}` }, { returning })
    assert.deepEqual(await db.users.update(made.id, { name: 'x' }, { returning }), { ...made, name: 'x' })
    assert.equal((await db.users.upsert({ email: made.email }, { on: ['email'], returning })).id, made.id)
    assert.equal((await db.users.createMany([{ email: `${returning}2` }], { returning })).length, 1)
  }
})

test('errors are those of the call without the option', async t => {
  const db = await database(t, models)
  await db.users.createMany([{ email: 'a' }, { email: 'b' }])
  const [a, b] = await db.users.list({ orderBy: { email: 'asc' } })
  const draft = await db.drafts.create({ title: 'one' })
  const edited = await db.drafts.update(draft, { title: 'two' })
  assert.equal(edited.version, draft.version + 1)
  const calls = [
    ['UNIQUE_VIOLATION', o => db.users.create({ email: 'a' }, o)],
    ['UNIQUE_VIOLATION', o => db.users.createMany([{ email: 'c' }, { email: 'b' }], o)],
    ['UNIQUE_VIOLATION', o => db.users.update(a.id, { email: 'b' }, o)],
    ['UNIQUE_VIOLATION', o => db.users.upsert({ email: 'c', id: b.id }, { on: ['email'], ...o })],
    ['NOT_FOUND', o => db.users.update(a.id + 99, { name: 'x' }, o)],
    ['NOT_FOUND', o => db.users.update(a.id + 99, {}, o)],
    ['NOT_FOUND', o => db.users.update(a.id + 99, { name: 'x' }, { where: { name: 'none' }, ...o })],
    ['STALE_ROW', o => db.users.update(a.id, { name: 'x' }, { where: { name: 'other' }, ...o })],
    ['STALE_ROW', o => db.drafts.update(draft, { title: 'three' }, o)],
    ['STALE_ROW', o => db.drafts.upsert({ title: 'two' }, { on: ['title'], version: draft.version, ...o })],
    ['OUT_OF_RANGE', o => db.users.update(a.id, { points: add(Number.MAX_SAFE_INTEGER) }, o), { points: 1 }],
  ]
  for (const [code, call, before] of calls) {
    if (before) await db.users.update(a.id, before)
    const plain = await fails(() => call({}), { code })
    const { message, table, columns, expected, found, row } = plain
    await fails(() => call(NONE), { code, message, table, columns, expected, found, row })
  }
  assert.equal(await db.users.count(), 2)
  await db.drafts.update(edited, { title: 'three' }, NONE)
  await db.drafts.upsert(
    { title: 'three' },
    { on: ['title'], update: { title: 'four' }, version: edited.version + 1, ...NONE },
  )
  const { version } = await db.drafts.get(draft.id)
  assert.equal(version, edited.version + 2)
})

test('in transactions and sessions the rows are those that are committed', async t => {
  const db = await database(t, models)
  await db.transaction(async tx => {
    await tx.users.create({ email: 'a', id: 5 }, NONE)
    for (let i = 0; i < 5; i++) await tx.users.update(5, { points: i }, NONE)
    await tx.users.upsert({ email: 'a', name: 'A' }, { on: ['email'], ...NONE })
  })
  const session = db.session()
  await session.users.create({ email: 'b' }, NONE)
  await session.close()
  const [{ points, name }, ...rest] = await db.users.list()
  assert.deepEqual([points, name, rest], [4, 'A', []])
})

test('hooks of a model receive the rows all the same', async t => {
  const events = []
  const url = await newUrl(t)
  await initDb({ models, url })
  const db = open({ models, url, hooks: { users: { afterCommit: event => events.push(event) } } })
  t.after(() => db.close())
  await db.users.create({ email: 'a', id: 5 }, NONE)
  await db.users.update(5, { name: 'A' }, NONE)
  await db.users.upsert({ email: 'a', points: 3 }, { on: ['email'], ...NONE })
  await db.users.createMany([{ email: 'b' }], NONE)
  while (events.length < 4) await new Promise(resolve => setImmediate(resolve))
  assert.deepEqual(
    events.map(({ call, rows }) => [call, rows[0].email, rows[0].name, rows[0].points]),
    [
      ['create', 'a', 'none', 0],
      ['update', 'a', 'A', 0],
      ['upsert', 'a', 'A', 3],
      ['createMany', 'b', 'none', 0],
    ],
  )
})
