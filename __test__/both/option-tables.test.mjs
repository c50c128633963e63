// Every option of every call: one that the call does not have is UNKNOWN_OPTION with the names of all, a wrong value names its option.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import * as plinth from 'plinth'
import * as bundled from 'plinth/models'
import { setUp } from '../support/bad-input.mjs'
import { database, everything, fails } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { folder } from '../support/project.mjs'

const HALF = 'a\ud800'
const FLAG = [1, 'yes', null, {}]
const TEXT = [1, null, {}, '', ' ', HALF, 'a\0b']
const NUMBER = [-1, 1.5, '1', Number.NaN, null]
const FUNCTION = [1, 'f', null, {}, class {}, function* () {}]
const OBJECT = [1, 'text', null, []]
const COLUMNS = [[], 'id', true, null, [5]]

const LIMITS = { signal: [1, {}, null], timeout: [0, -1, '1', Number.NaN, null] }
/** Wrong decisions have a code of their own: both/repair.test.mjs. */
const KEEP = { keep: [0, 'yes', null, [], { maxBytes: 0 }, { maxBytes: '1' }, { count: 0 }, { count: 1.5 }] }
const REPAIR = {
  ...KEEP,
  confirm: FUNCTION,
  plan: FLAG,
  destructive: FLAG,
  rename: [],
  recreate: [],
  timeout: [0, ...NUMBER],
  onWait: FUNCTION,
}
const SCAN = { rows: FLAG, deep: FLAG, timeout: LIMITS.timeout, onProgress: FUNCTION }
const UNREADABLE = { unreadable: ['ignore', true, null], onUnreadable: FUNCTION }
const SOUGHT = { where: [1, null, []], orderBy: [1, 'id', { id: 'up' }] }
const SHAPE = { select: COLUMNS, include: OBJECT }
/** Which of them go together: both/locks.test.mjs. */
const LOCK = { lock: ['exclusive', true, null], skipLocked: FLAG, noWait: FLAG }
/** Whether there is a where has a code of its own: both/bad-input.test.mjs. */
const MANY = { where: SOUGHT.where, all: [], returning: FLAG, ...LIMITS }
const RANGE = { limit: NUMBER, offset: NUMBER }

/** The calls of a table: how each is made, and wrong values of each of its options. */
const TABLE = {
  get: [(users, o) => users.get(1, o), { ...SHAPE, ...LOCK, ...LIMITS }],
  find: [(users, o) => users.find(o), { ...SOUGHT, offset: NUMBER, ...SHAPE, ...LOCK, ...LIMITS }],
  list: [
    (users, o) => users.list(o),
    { ...SOUGHT, ...RANGE, ...SHAPE, ...LOCK, ...LIMITS, ...UNREADABLE, distinct: COLUMNS },
  ],
  stream: [(users, o) => users.stream(o), { ...SOUGHT, ...SHAPE, batch: [0, ...NUMBER], ...UNREADABLE, ...LIMITS }],
  page: [
    (users, o) => users.page({ limit: 1, ...o }),
    // What is no cursor has a code of its own: both/page.test.mjs.
    { ...SOUGHT, limit: [0, undefined, ...NUMBER], after: [], ...SHAPE, ...UNREADABLE, ...LIMITS },
  ],
  count: [(users, o) => users.count(o), { where: SOUGHT.where, distinct: COLUMNS, ...LIMITS }],
  exists: [(users, o) => users.exists(o), { where: SOUGHT.where, ...LIMITS }],
  aggregate: [
    (users, o) => users.aggregate(o.count === undefined ? { groupBy: ['age'], count: true, ...o } : o),
    {
      where: SOUGHT.where,
      groupBy: COLUMNS,
      count: [false, 1, null],
      countDistinct: COLUMNS,
      sum: COLUMNS,
      avg: COLUMNS,
      min: COLUMNS,
      max: COLUMNS,
      having: [1, null, []],
      orderBy: [1, 'id', { count: 'up' }],
      ...RANGE,
      ...LIMITS,
    },
  ],
  create: [(users, o) => users.create({ email: 'new' }, o), LIMITS],
  createMany: [
    (users, o) => users.createMany([{ email: 'new' }], o),
    { onProgress: FUNCTION, skipDuplicates: [1, 'email', null, []], ...LIMITS },
  ],
  update: [(users, o) => users.update(1, { name: 'new' }, o), { where: SOUGHT.where, ...LIMITS }],
  updateMany: [(users, o) => users.updateMany({ where: {}, ...o }, { name: 'new' }), MANY],
  upsert: [
    (users, o) => users.upsert({ email: 'new' }, { on: ['email'], ...o }),
    { on: COLUMNS, update: [1, null, []], ...LIMITS },
  ],
  claim: [
    (users, o) => users.claim({ where: {}, limit: 1, set: { name: 'new' }, ...o }),
    { where: SOUGHT.where, orderBy: SOUGHT.orderBy, limit: [0, undefined, ...NUMBER], set: [1, null, []], ...LIMITS },
  ],
  upsertMany: [
    (users, o) => users.upsertMany([{ email: 'new' }], { on: ['email'], ...o }),
    { on: COLUMNS, update: [1, null, []], ...LIMITS },
  ],
  delete: [(users, o) => users.delete(1, o), LIMITS],
  deleteMany: [(users, o) => users.deleteMany({ where: {}, ...o }), MANY],
}

const ISOLATION = ['snapshot', 1, null]
const SESSION = { isolation: ISOLATION, idleTimeout: LIMITS.timeout, ...LIMITS }
const HTTP_SCOPE = {
  commit: FUNCTION,
  isolation: ISOLATION,
  idleTimeout: LIMITS.timeout,
  timeout: LIMITS.timeout,
}
const NAMED_SCOPE = { ...HTTP_SCOPE, as: ['', 1, null] }

/** The other calls on an open database. */
const DATABASE = {
  transaction: [
    (db, o) => db.transaction(async () => {}, o),
    { isolation: ISOLATION, readOnly: FLAG, retries: NUMBER, ...LIMITS },
  ],
  session: [(db, o) => db.session(o), SESSION],
  with: [(db, o) => db.with(o), LIMITS],
  close: [(db, o) => db.close(o), { timeout: [-1, '1', Number.NaN, null] }],
  scope: [(db, o) => db.scope(async () => {}, o), { ...SESSION, retries: NUMBER }],
  drift: [(db, o) => db.drift(o), SCAN],
  repair: [(db, o) => db.repair(o), REPAIR],
  healthHandler: [
    (db, o) => plinth.healthHandler(db, o),
    {
      timeoutMs: [0, -1, '1', null],
      allowPending: FLAG,
      version: TEXT,
      drift: [true, null, [], {}, { everyMs: 0 }, { everyMs: '1' }],
      failOnDrift: ['safe', true, null],
    },
  ],
  expressScope: [(db, o) => plinth.expressScope(db, o), NAMED_SCOPE],
  honoScope: [(db, o) => plinth.honoScope(db, o), NAMED_SCOPE],
  fetchScope: [(db, o) => plinth.fetchScope(db, async () => {}, o), HTTP_SCOPE],
  fastifyScope: [
    (db, o) => registered({ db, ...o }),
    { ...NAMED_SCOPE, db: [undefined, null, {}], prefix: [], logLevel: [], logSerializers: [] },
  ],
}

/** Fastify's treatment of a plugin. */
const registered = options =>
  new Promise((resolve, reject) => {
    plinth.fastifyScope({}, options, error => (error ? reject(error) : resolve()))
  })

const PROJECT = {
  models: [],
  url: [1, null, {}, HALF],
  env: OBJECT,
  cwd: ['/no/such/folder', ...TEXT],
}
const CONNECTION = {
  durability: ['some', true, null],
  pool: OBJECT,
  prepare: FLAG,
  isolation: ISOLATION,
  log: [1, 'yes', null, []],
}
const LOCKS = [
  { lockTimeoutMs: 0 },
  { lockTries: 1.5 },
  { lockWaitMs: '1' },
  { lockTimeoutMs: 2 ** 31 },
  { folder: ' ' },
]
const REVISIONS = [1, true, null, [], '', ' ', HALF, 'a\0b', ...LOCKS]
const MIGRATIONS = { ...PROJECT, migrations: [false, ...REVISIONS] }
const ON_DATABASE = { ...MIGRATIONS, db: [null, 1, {}] }
const PROOF = { dialects: [[], 'sqlite', ['mysql'], null], proveUrl: PROJECT.url }
const KEPT = { ...PROJECT, db: ON_DATABASE.db }
const ENTRY = { number: [undefined, 0, ...NUMBER, [], [1, 'a'], [0], [1.5]] }
const WAITS = { timeout: [0, ...NUMBER], onWait: FUNCTION }
const COPY = { file: [undefined, ...TEXT], timeout: LIMITS.timeout, onProgress: FUNCTION }
const RUN = {
  ...ON_DATABASE,
  ...WAITS,
  ...KEEP,
  confirm: FUNCTION,
  to: TEXT,
  sql: FLAG,
  online: FLAG,
  onProgress: FUNCTION,
}
/** Wrong choices have a code of their own: both/revision-choices.test.mjs. */
const CHOICES = { rename: [], drop: [], backfill: [], map: [] }
const INIT = {
  ...PROJECT,
  ...CONNECTION,
  ...WAITS,
  ...KEEP,
  confirm: FUNCTION,
  seed: [],
  db: ON_DATABASE.db,
  repair: ['all', true, null],
  migrations: REVISIONS,
}

/** The calls that look for a project and its database. */
const PROJECTS = {
  open: [o => plinth.open(o), { ...PROJECT, ...CONNECTION, hooks: [1, 'users', () => {}, []] }],
  initDb: [o => plinth.initDb(o), { ...INIT, online: FLAG }],
  resetDb: [o => plinth.resetDb(o), { ...INIT, force: FLAG }],
  surveyDb: [o => plinth.surveyDb(o), { ...PROJECT, db: ON_DATABASE.db }],
  protect: [
    o => plinth.protect({ word: 'horse', ...o }),
    { ...PROJECT, db: ON_DATABASE.db, word: [undefined, ...TEXT], off: FLAG },
  ],
  'new SchemaManager': [
    o => new plinth.SchemaManager(o),
    { ...PROJECT, ...CONNECTION, seed: [], migrations: [false, ...REVISIONS] },
  ],
  revision: [
    o => plinth.revision({ message: 'first', ...o }),
    {
      ...MIGRATIONS,
      ...PROOF,
      ...CHOICES,
      message: [undefined, ...TEXT],
      prove: FLAG,
      empty: FLAG,
      sql: FLAG,
      askBeforeLoss: FLAG,
      allowBlocking: TEXT,
      template: TEXT,
    },
  ],
  backup: [
    o => plinth.backup({ file: 'no.db', ...o }),
    { ...PROJECT, db: ON_DATABASE.db, ...COPY, check: ['none', '', true, 1] },
  ],
  restore: [o => plinth.restore({ file: 'no.db', ...o }), { ...ON_DATABASE, ...COPY, confirm: FUNCTION, force: FLAG }],
  upgrade: [o => plinth.upgrade(o), RUN],
  downgrade: [o => plinth.downgrade(o), RUN],
  stamp: [o => plinth.stamp({ to: 'head', ...o }), { ...ON_DATABASE, to: [undefined, ...TEXT] }],
  history: [o => plinth.history(o), ON_DATABASE],
  status: [o => plinth.status(o), ON_DATABASE],
  drift: [o => plinth.drift(o), { ...ON_DATABASE, ...SCAN }],
  kept: [o => plinth.kept(o), KEPT],
  restoreKept: [
    o => plinth.restoreKept({ number: 1, ...o }),
    { ...ON_DATABASE, ...WAITS, ...ENTRY, confirm: FUNCTION, plan: FLAG },
  ],
  dropKept: [o => plinth.dropKept({ number: 1, ...o }), { ...ON_DATABASE, ...WAITS, ...ENTRY, confirm: FUNCTION }],
  repair: [o => plinth.repair(o), { ...ON_DATABASE, ...REPAIR }],
  check: [o => plinth.check(o), { ...MIGRATIONS, ...PROOF, prove: FLAG, since: TEXT }],
}

/** Refuses an option that the call does not have, and each wrong value of each that it has. */
async function holds(place, call, options) {
  const error = await fails(async () => call({ 'no such': 1 }), { code: 'UNKNOWN_OPTION' })
  assert.equal(error.message, `${place} has no option "no such".`)
  const listed = /^The options are: (.*)\.$/.exec(error.hint)?.[1].split(', ')
  assert.deepEqual(listed?.sort(), Object.keys(options).sort(), `the hint of ${place}`)
  for (const name of ['__proto__', 'constructor', 'toString']) {
    const given = Object.defineProperty({}, name, { value: 1, enumerable: true })
    await fails(async () => call(given), { code: 'UNKNOWN_OPTION', message: `${place} has no option "${name}".` })
  }
  for (const [name, values] of Object.entries(options)) {
    for (const value of values) {
      const { message } = await fails(async () => call({ [name]: value }), { code: 'QUERY_INVALID' })
      assert.ok(message.startsWith(place.split('.')[0]) && message.includes(name), `${name} of ${place}: ${message}`)
    }
  }
}

for (const [name, [call, options]] of Object.entries(TABLE)) {
  test(`users.${name}`, async t => {
    const { db, refused } = await setUp(t)
    await holds(`users.${name}`, o => call(db.users, o), options)
    await holds(`users.${name}`, o => call(db.sync.users, o), options)
    await refused(() => call(db.users, { 'no such': 1 }), { code: 'UNKNOWN_OPTION', table: 'users' })
  })
}

for (const [name, [call, options]] of Object.entries(DATABASE)) {
  test(`${name}()`, async t => {
    const { db } = await setUp(t)
    await holds(`${name}()`, o => call(db, o), options)
  })
}

for (const [name, [call, options]] of Object.entries(PROJECTS)) {
  test(`${name}()`, async t => {
    const cwd = folder(t)
    const base = { models: plinth.schema({}), url: await newUrl(t), cwd, env: {} }
    // With a folder of revisions nothing is looked for elsewhere.
    if ('migrations' in options) base.migrations = join(cwd, 'm')
    await holds(`${name}()`, o => call({ ...base, ...o }), options)
  })
}

const MILLISECONDS = [0, 31_536_000_001, ...NUMBER]
/** The functions of the bundled job queue; `job` is claimed. */
const JOBS = {
  claimJobs: [
    (db, _, o) => bundled.claimJobs(db, o),
    { queue: TEXT, limit: [0, ...NUMBER], lease: MILLISECONDS, worker: TEXT },
  ],
  extendJob: [(db, job, o) => bundled.extendJob(db, job, o), { lease: MILLISECONDS }],
  failJob: [
    (db, job, o) => bundled.failJob(db, job, 'no', o),
    { retry: FLAG, backoff: MILLISECONDS, backoffLimit: MILLISECONDS },
  ],
}

for (const [name, [call, options]] of Object.entries(JOBS)) {
  test(`${name}()`, async t => {
    const db = await database(t, plinth.schema({ jobQueue: bundled.jobQueue }))
    await bundled.enqueue(db, {})
    const [job] = await bundled.claimJobs(db)
    await holds(`${name}()`, o => call(db, job, o), options)
    const error = await fails(() => call(db, job, new Map()), { code: 'QUERY_INVALID', table: 'job_queue' })
    assert.deepEqual([error.expected, error.found], ['an object of options', 'a Map'])
    assert.deepEqual(await db.jobQueue.list(), [job])
  })
}

test('options in options', async t => {
  const base = { models: plinth.schema({}), url: await newUrl(t), env: {} }
  const COUNT = [0, ...NUMBER]
  const log = {
    statements: FLAG,
    slowMs: [-1, '1', null],
    values: FLAG,
    nPlusOne: [0, 1.5, 'yes'],
    lostUpdates: FLAG,
    to: FUNCTION,
  }
  const pool = { size: COUNT, acquireTimeoutMs: NUMBER, idleTimeoutMs: NUMBER }
  await holds('open(): log', o => plinth.open({ ...base, log: o }), log)
  await holds('open(): pool', o => plinth.open({ ...base, pool: o }), pool)
  await holds('initDb(): log', o => plinth.initDb({ ...base, log: o }), log)
  const limits = { maxBytes: COUNT, count: [1001, ...COUNT] }
  await holds('initDb(): keep', o => plinth.initDb({ ...base, keep: o }), limits)
  await holds('upgrade(): keep', o => plinth.upgrade({ ...base, keep: o }), limits)
  await holds('initDb(): pool', o => plinth.initDb({ ...base, pool: o }), pool)

  const { db } = await setUp(t)
  const order = by => o => db.users.list({ orderBy: { [by]: { direction: 'asc', ...o } } })
  const part = { direction: ['up', null, undefined], nulls: ['LAST', null, undefined] }
  await holds('users.list: orderBy.id', order('id'), part)
  await holds('users.list: orderBy.settings', o => order('settings')({ path: ['a'], ...o }), { path: [], ...part })
  const related = { ...SOUGHT, limit: NUMBER, ...SHAPE }
  await holds('users.list.author', o => db.posts.list({ include: { author: o } }), related)
  const counted = { where: SOUGHT.where }
  await holds('posts.list._count.posts', o => db.users.list({ include: { _count: { posts: o } } }), counted)
})

test('values that an instance of a class gets are checked', async t => {
  const { db } = await setUp(t)
  const instance = (name, value) => Object.create(Object.defineProperty({}, name, { get: () => value }))
  const wrong = {
    'transaction(): isolation': () => db.transaction(async () => {}, instance('isolation', 'snapshot')),
    'session(): timeout': () => db.session(instance('timeout', 'soon')),
    'expressScope(): commit': () => plinth.expressScope(db, instance('commit', 'never')),
    'open(): durability': () => plinth.open(instance('durability', 'some')),
    'open(): pool.size': () => plinth.open({ pool: instance('size', 0) }),
    'upgrade(): to': () => plinth.upgrade(instance('to', 5)),
  }
  for (const [place, call] of Object.entries(wrong)) {
    const { message } = await fails(async () => call(), { code: 'QUERY_INVALID' })
    assert.ok(message.startsWith(`${place} must be `), message)
  }
})

test('a collection, a promise and an instance instead of options are refused, and named', async t => {
  const { db } = await setUp(t)
  const calls = [
    ['session()', o => db.session(o)],
    ['transaction()', o => db.transaction(async () => {}, o)],
    ['open()', o => plinth.open(o)],
    ['upgrade()', o => plinth.upgrade(o)],
    ['users.list', o => db.users.list(o)],
  ]
  const values = [
    [new Map([['timeout', 1]]), 'a Map'],
    [new Set(), 'a Set'],
    [Promise.resolve({}), 'a Promise'],
    [new Uint8Array(1), 'a Uint8Array'],
  ]
  const refused = (place, call, value, found) =>
    fails(async () => call(value), {
      code: 'QUERY_INVALID',
      message: `${place}: expected an object of options, found ${found}.`,
    })
  for (const [place, call] of calls) for (const [value, found] of values) await refused(place, call, value, found)
  // The calls of tables are many: they take plain objects only.
  const list = o => db.users.list(o)
  await refused('users.list', list, new (class {})(), 'an instance of a class without a name')
  await refused('users.list', list, new (class Search {})(), 'a Search')
  await refused('users.list', list, Object.create({ limit: 1 }), 'an object with a prototype of its own')
  const { message } = await fails(async () => plinth.open({ pool: new Map() }), { code: 'QUERY_INVALID' })
  assert.equal(message, 'open(): pool must be an object, found a Map.')
})

test('a wrong name or word suggests the nearest', async t => {
  const { db } = await setUp(t)
  await fails(() => db.users.list({ limti: 1 }), {
    code: 'UNKNOWN_OPTION',
    hint: /^Did you mean limit\? The options are: /,
  })
  await fails(() => db.users.list({ shelect: 1 }), { hint: /^Did you mean select\? / })
  await fails(() => db.transaction(async () => {}, { isolation: 'serialisable' }), {
    hint: 'Did you mean serializable?',
  })
  await fails(() => db.users.list({ unlike: 1 }), { hint: /^The options are: / })
})

test('a URL is never repeated', async t => {
  const cwd = folder(t)
  for (const [name, [call, options]] of Object.entries(PROJECTS)) {
    for (const option of ['url', 'proveUrl'].filter(it => it in options)) {
      const given = { models: plinth.schema({}), cwd, env: {}, [option]: `postgresql://me:secret@host/${HALF}` }
      const error = await fails(async () => call(given), { code: 'QUERY_INVALID', message: new RegExp(option) })
      assert.doesNotMatch(everything(error), /secret/, name)
    }
  }
})
