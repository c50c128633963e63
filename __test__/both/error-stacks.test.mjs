// The stack of an error leads to the caller: the first frame outside of the package is the line that awaits the call.
import assert from 'node:assert/strict'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { c, initDb, model, NotFoundError, PlinthError, schema } from 'plinth'
import { database } from '../support/db.mjs'
import { brokenUrl, newUrl, PLACES } from '../support/dialect.mjs'
import { project, root } from '../support/project.mjs'

const models = schema({
  users: model('users', { id: c.id(), email: c.text({ max: 9 }).unique() }),
  // Its table is dropped: the database refuses every call.
  gone: model('gone', { id: c.id(), name: c.text().unique() }),
})

const file = fileURLToPath(import.meta.url)
const place = frame => /(?:file:\/\/)?(\/[^()]+|[A-Za-z]:[^()]+):(\d+):\d+\)?$/.exec(frame)?.slice(1, 3)
const framesOf = stack => stack.split('\n').filter(line => line.startsWith('    at '))

let marked = 0
/** Notes the line that it stands in, and gives its argument. */
function here(value) {
  const [, , frame] = new Error().stack.split('\n')
  marked = Number(place(frame)[1])
  return value
}

/** The call fails, and the first frame of its error that is neither Node's nor the package's is the marked line. */
async function leadsHere(what, call, expected = {}) {
  marked = 0
  const error = await call().then(
    () => assert.fail(`${what}: did not fail`),
    error => error,
  )
  assert.ok(error instanceof PlinthError, `${what}: ${error?.stack}`)
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, what)
  const outside = framesOf(error.stack)
    .map(place)
    .find(at => at !== undefined && relative(root, at[0]) !== join('dist', 'plinth.js'))
  assert.deepEqual(outside, [file, String(marked)], `${what}: ${error.stack}`)
  return error
}

async function tables(t, kind = PLACES[0]) {
  const db = await database(t, models, { url: await newUrl(t, kind) })
  await db.sql`DROP TABLE gone`
  await db.users.create({ email: 'taken' })
  return db
}

/** Every call of a table, refused by the database. */
const REFUSED = {
  get: async db => void (await db.gone.get(here(1))),
  find: async db => void (await db.gone.find(here({}))),
  list: async db => void (await db.gone.list(here({}))),
  page: async db => void (await db.gone.page(here({ orderBy: { id: 'asc' }, limit: 1 }))),
  count: async db => void (await db.gone.count(here({}))),
  exists: async db => void (await db.gone.exists(here({}))),
  aggregate: async db => void (await db.gone.aggregate(here({ count: true }))),
  create: async db => void (await db.gone.create(here({ name: 'a' }))),
  createMany: async db => void (await db.gone.createMany(here([{ name: 'a' }, { name: 'b' }]))),
  'createMany with onProgress': async db =>
    void (await db.gone.createMany(here([{ name: 'a' }]), { onProgress: () => {} })),
  update: async db => void (await db.gone.update(here(1), { name: 'a' })),
  updateMany: async db => void (await db.gone.updateMany(here({ all: true }), { name: 'a' })),
  upsert: async db => void (await db.gone.upsert(here({ name: 'a' }), { on: ['name'] })),
  delete: async db => void (await db.gone.delete(here(1))),
  deleteMany: async db => void (await db.gone.deleteMany(here({ all: true }))),
  sql: async db => void (await db.sql`SELECT ${here(1)} FROM gone`),
  async stream(db) {
    for await (const row of here(db.gone.stream())) assert.fail(row)
  },
}

/** Calls that fail before anything crosses. */
const INVALID = {
  get: async db => void (await db.users.get(here('a'))),
  find: async db => void (await db.users.find(here({ where: { nope: 1 } }))),
  list: async db => void (await db.users.list(here({ where: { email: { like: 1 } } }))),
  page: async db => void (await db.users.page(here({ limit: -1 }))),
  count: async db => void (await db.users.count(here({ nope: 1 }))),
  exists: async db => void (await db.users.exists(here({ nope: 1 }))),
  aggregate: async db => void (await db.users.aggregate(here({ nope: true }))),
  create: async db => void (await db.users.create(here({ email: 'longer than nine' }))),
  createMany: async db => void (await db.users.createMany(here([{ email: 'a' }, { email: 'longer than nine' }]))),
  update: async db => void (await db.users.update(here(1), { email: 1 })),
  updateMany: async db => void (await db.users.updateMany(here({}), { email: 'a' })),
  upsert: async db => void (await db.users.upsert(here({ email: 1 }), { on: ['email'] })),
  delete: async db => void (await db.users.delete(here({}))),
  deleteMany: async db => void (await db.users.deleteMany(here({}))),
  sql: async db => void (await db.sql`SELECT ${here(Symbol('a'))}`),
  async stream(db) {
    for await (const row of db.users.stream(here({ nope: 1 }))) assert.fail(row)
  },
}

/** Where a call can be made: `run` gets what it is made on. */
const AROUND = {
  'on the database': (db, run) => run(db),
  'in a transaction': (db, run) => db.transaction(tx => run(tx)),
  'in a savepoint': (db, run) => db.transaction(tx => tx.transaction(inner => run(inner))),
  'in a scope': (db, run) => db.scope(session => run(session)),
  'on a view with limits': (db, run) => run(db.with({ timeout: 60_000 })),
  'in a transaction with limits': (db, run) => db.transaction(tx => run(tx), { timeout: 60_000 }),
  'in a session': async (db, run) => {
    const session = db.session()
    await run(session).finally(() => session.close())
  },
  'in a nested function': async (db, run) => {
    const inner = async () => await run(db)
    const middle = async () => inner()
    await Promise.all([middle(), Promise.resolve()])
  },
}

for (const kind of PLACES) {
  for (const [where, around] of Object.entries(AROUND)) {
    test(`a failed call ${where} names the caller's line in a ${kind}`, async t => {
      const db = await tables(t, kind)
      for (const [name, run] of Object.entries(REFUSED)) {
        await leadsHere(`${name} that is refused`, () => around(db, run), { code: 'SQL_FAILED' })
      }
      for (const [name, run] of Object.entries(INVALID)) {
        await leadsHere(`${name} that is invalid`, () => around(db, run))
      }
    })
  }

  test(`a row that does not exist, and one that exists already, name the caller's line in a ${kind}`, async t => {
    const db = await tables(t, kind)
    const missing = await leadsHere('update', async () => void (await db.users.update(here(99), { email: 'a' })))
    assert.ok(missing instanceof NotFoundError)
    await leadsHere('delete', async () => void (await db.users.delete(here(99))), { code: 'NOT_FOUND' })
    const stale = { where: { email: 'other' } }
    const update = async () => void (await db.users.update(here(1), { email: 'a' }, stale))
    await leadsHere('update with a where', update, { code: 'STALE_ROW' })
    const create = async () => void (await db.users.create(here({ email: 'taken' })))
    await leadsHere('create', create, { code: 'UNIQUE_VIOLATION', found: 'email = "taken"' })
    const rows = [{ email: 'a' }, { email: 'taken' }]
    await leadsHere('createMany', async () => void (await db.users.createMany(here(rows))), { row: 1 })
  })

  test(`calls in several pieces name the caller's line in a ${kind}`, async t => {
    const db = await tables(t, kind)
    const rows = Array.from({ length: 5000 }, (_, i) => ({ email: `e${i}` }))
    rows[4999] = { email: 'taken' }
    await leadsHere('createMany', async () => void (await db.users.createMany(here(rows))), { row: 4999 })
    await db.users.createMany(rows.slice(0, 100))
    await leadsHere(
      'stream of a closed database',
      async () => {
        let read = 0
        for await (const _ of here(db.users.stream({ batch: 2 }))) if (++read === 3) await db.close({ timeout: 0 })
      },
      { code: 'CLOSED' },
    )
  })

  test(`a call that is stopped names the caller's line in a ${kind}`, async t => {
    const db = await tables(t, kind)
    const aborted = { code: 'ABORTED' }
    /** Runs a transaction that its signal stops, and that never ends by itself. */
    const stopped = begin => async () => {
      const controller = new AbortController()
      const never = () => {
        setImmediate(() => controller.abort())
        return new Promise(() => {})
      }
      await begin(never, { signal: controller.signal })
    }
    await leadsHere(
      'transaction',
      stopped(async (never, options) => void (await db.transaction(here(never), options))),
      aborted,
    )
    await leadsHere(
      'savepoint',
      stopped((never, options) => db.transaction(async tx => void (await tx.transaction(here(never), options)))),
      aborted,
    )
    await leadsHere(
      'scope',
      stopped(async (never, options) => void (await db.scope(here(never), options))),
      aborted,
    )
    const signal = AbortSignal.abort()
    await leadsHere('get', async () => void (await db.users.get(here(1), { signal })), aborted)
  })

  test(`a transaction that cannot end, or begin, names the caller's line in a ${kind}`, async t => {
    const db = await tables(t, kind)
    await leadsHere('no function', async () => void (await db.transaction(here(1))))
    const session = db.session()
    await session.close()
    await leadsHere('commit', async () => void (await session.commit(here())), { code: 'SESSION_ENDED' })
    await db.close()
    await leadsHere('transaction', async () => void (await db.transaction(here(async () => {}))), { code: 'CLOSED' })
    await leadsHere('scope', async () => void (await db.scope(here(async () => {}))), { code: 'CLOSED' })
  })
}

test("initDb names the caller's line", async t => {
  const cwd = project(t)
  const { url, code } = brokenUrl(cwd)
  await leadsHere('initDb', async () => void (await initDb(here({ models, url, cwd }))), { code })
})

test('the limit of stacks stays as it was, and may be missing or not be writable', async t => {
  const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
  t.after(() => Object.defineProperty(Error, 'stackTraceLimit', before))
  const db = await tables(t)
  const error = () => db.users.create({ email: 'longer than nine' }).catch(error => error)
  for (const limit of [
    { value: 3 },
    { value: 3, writable: false },
    { value: 0, writable: true },
    { value: undefined },
  ]) {
    Object.defineProperty(Error, 'stackTraceLimit', limit)
    const { code, stack } = await error()
    assert.equal(code, 'VALUE_INVALID')
    assert.equal(Error.stackTraceLimit, limit.value)
    if (!limit.value) assert.deepEqual(framesOf(String(stack)), [])
  }
})
