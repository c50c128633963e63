// claim: rows are picked, changed and given in order, by one worker each, also if others claim beside it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { c, check, initDb, model, open, schema } from 'plinth'
import { database, fails, ids } from '../support/db.mjs'
import { newUrl } from '../support/dialect.mjs'
import { differences, here } from '../support/differences.mjs'
import { gate, program } from '../support/engine.mjs'

const models = schema(
  {
    jobs: model(
      'jobs',
      {
        id: c.id(),
        name: c.text(),
        state: c.enum('state', ['queued', 'running', 'done']).default('queued'),
        rank: c.integer().default(0),
        data: c.json().nullable(),
        secret: c.text().private().nullable(),
        ownerId: c.integer().nullable().references('owners.id'),
        changedAt: c.timestamp().touch(),
      },
      () => [check('rank < 1000').name('ranked')],
    ),
    owners: model('owners', { id: c.id(), name: c.text() }),
    pairs: model('pairs', {
      day: c.date().primaryKey(),
      place: c.integer().primaryKey(),
      word: c.text().primaryKey(),
      free: c.boolean(),
    }),
    prices: model('prices', { amount: c.decimal(8, 2).primaryKey(), free: c.boolean() }),
    moments: model('moments', { at: c.timestamp().primaryKey(), free: c.boolean() }),
    tokens: model('tokens', { token: c.uuid().primaryKey().defaultRandom(), n: c.integer(), free: c.boolean() }),
    blobs: model('blobs', { key: c.bytes().primaryKey(), free: c.boolean() }),
  },
  { jobs: r => ({ owner: r.one('owners', 'ownerId') }), owners: r => ({ jobs: r.many('jobs', 'ownerId') }) },
)
const QUEUED = { where: { state: 'queued' }, orderBy: { rank: 'desc' }, limit: 3, set: { state: 'running' } }

async function filled(t, count = 5) {
  const db = await database(t, models)
  const rows = Array.from({ length: count }, (_, n) => ({
    name: `job ${n}`,
    rank: (n * 7) % 11,
    data: { n },
    secret: 's',
  }))
  await db.jobs.createMany(rows)
  return db
}
const ranks = rows => rows.map(row => row.rank)

test('claim gives the rows in the order of orderBy, as they are now, private columns left out', async t => {
  const db = await filled(t)
  const claimed = await db.jobs.claim(QUEUED)
  assert.deepEqual(ranks(claimed), [10, 7, 6])
  for (const row of claimed) {
    assert.equal(row.state, 'running')
    assert.deepEqual(row, await db.jobs.get(row.id))
    assert.equal('secret' in row, false)
  }
  assert.deepEqual(ranks(await db.jobs.claim(QUEUED)), [3, 0])
  assert.deepEqual(await db.jobs.claim(QUEUED), [])
})

test('the order is that of before, where set changes what orders', async t => {
  const db = await filled(t)
  const claimed = await db.jobs.claim({ where: {}, orderBy: { rank: 'asc' }, limit: 4, set: { rank: 500, data: null } })
  assert.deepEqual(
    claimed.map(row => [row.name, row.rank, row.data]),
    [
      ['job 0', 500, null],
      ['job 2', 500, null],
      ['job 4', 500, null],
      ['job 1', 500, null],
    ],
  )
})

test('hundreds of rows keep their order, and a filter may ask of relations', async t => {
  const db = await filled(t, 700)
  const owner = await db.owners.create({ name: 'Ada' })
  await db.jobs.updateMany({ where: { id: { lte: 600 } } }, { ownerId: owner.id })
  const where = { state: 'queued', owner: { is: { name: 'Ada' } } }
  const claimed = await db.jobs.claim({
    where,
    orderBy: [{ rank: 'desc' }, { id: 'desc' }],
    limit: 650,
    set: { state: 'done' },
  })
  assert.equal(claimed.length, 600)
  const sorted = [...claimed].sort((a, b) => b.rank - a.rank || b.id - a.id)
  assert.deepEqual(ids(claimed), ids(sorted))
  assert.equal(await db.jobs.count({ where: { state: 'done' } }), 600)
})

test('keys of every kind that is exact find their rows', async t => {
  const db = await database(t, models)
  const set = { free: false }
  await db.pairs.createMany(
    ['b', 'a', '"], [', 'é'].map((word, n) => ({ day: '2026-01-01', place: n * 2 ** 40, word, free: true })),
  )
  const pairs = await db.pairs.claim({ where: { free: true }, orderBy: { word: 'desc' }, limit: 3, set })
  assert.deepEqual(
    pairs.map(row => [row.word, row.free]),
    [
      ['é', false],
      ['b', false],
      ['a', false],
    ],
  )
  await db.prices.createMany(['1.50', '-2.00', '10.00'].map(amount => ({ amount, free: true })))
  const prices = await db.prices.claim({ where: { free: true }, orderBy: { amount: 'asc' }, limit: 2, set })
  assert.deepEqual(prices, [
    { amount: '-2.00', free: false },
    { amount: '1.50', free: false },
  ])
  await db.moments.createMany([3, 1, 2].map(n => ({ at: new Date(n), free: true })))
  const moments = await db.moments.claim({ where: { free: true }, orderBy: { at: 'desc' }, limit: 9, set })
  assert.deepEqual(
    moments.map(row => row.at.getTime()),
    [3, 2, 1],
  )
  await db.tokens.createMany([2, 0, 1].map(n => ({ n, free: true })))
  const tokens = await db.tokens.claim({ where: { free: true }, orderBy: { n: 'asc' }, limit: 2, set })
  assert.deepEqual(
    tokens.map(row => row.n),
    [0, 1],
  )
  await fails(() => db.blobs.claim({ where: { free: true }, limit: 1, set }), {
    code: 'QUERY_INVALID',
    table: 'blobs',
    columns: ['key'],
  })
})

test('claims at once, of several handles, in transactions and blocking, give each row to one', async t => {
  const url = await newUrl(t)
  const handles = [1, 2, 3].map(() => open({ models, url }))
  t.after(() => Promise.all(handles.map(db => db.close({ timeout: 0 }))))
  await initDb({ db: handles[0] })
  await handles[0].jobs.createMany(Array.from({ length: 300 }, (_, n) => ({ name: `${n}`, rank: n })))
  const worker = async (db, n) => {
    const mine = []
    for (;;) {
      const query = { ...QUEUED, limit: 1 + (n % 5) }
      const rows = n % 2 ? await db.transaction(tx => tx.jobs.claim(query)) : await db.jobs.claim(query)
      if (rows.length === 0 && (await db.jobs.count({ where: QUEUED.where })) === 0) return mine
      mine.push(...rows)
    }
  }
  const all = (await Promise.all(Array.from({ length: 12 }, (_, n) => worker(handles[n % 3], n)))).flat()
  assert.equal(all.length, 300)
  assert.equal(new Set(ids(all)).size, 300)
  await handles[0].jobs.updateMany({ all: true }, { state: 'queued' })
  assert.deepEqual(ranks(handles[0].sync.jobs.claim(QUEUED)), [299, 298, 297])
})

test('processes that claim beside each other give each row to one', async t => {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close({ timeout: 0 }))
  await initDb({ db })
  await db.jobs.createMany(Array.from({ length: 400 }, (_, n) => ({ name: `${n}` })))
  const work = `(async () => {
    const jobs = model('jobs', { id: c.id(), name: c.text(), state: c.text() })
    const db = open({ models: schema({ jobs }), url })
    const mine = []
    for (;;) {
      const rows = await db.jobs.claim({ where: { state: 'queued' }, limit: 7, set: { state: 'running' } })
      if (rows.length === 0 && !(await db.jobs.exists({ where: { state: 'queued' } }))) break
      mine.push(...rows.map(row => row.id))
    }
    await db.close()
    console.log(JSON.stringify(mine))
  })()`
  const ended = await Promise.all(Array.from({ length: 4 }, () => program(url, work)))
  for (const { code, stderr } of ended) assert.equal(code, 0, stderr)
  const all = ended.flatMap(({ stdout }) => JSON.parse(stdout))
  assert.equal(all.length, 400)
  assert.equal(new Set(all).size, 400)
})

test('a claim in a transaction is undone with it', async t => {
  const db = await filled(t)
  await assert.rejects(
    db.transaction(async tx => {
      assert.equal((await tx.jobs.claim(QUEUED)).length, 3)
      throw new Error('mine')
    }),
    { message: 'mine' },
  )
  assert.equal(await db.jobs.count({ where: QUEUED.where }), 5)
})

test(
  'rows that others have locked are left to them, without waiting',
  here('oneWriter') ? { skip: differences.oneWriter.why } : {},
  async t => {
    const db = await filled(t)
    const held = gate()
    const over = gate()
    const holder = db.transaction(async tx => {
      assert.deepEqual(ranks(await tx.jobs.list({ ...lockOf(QUEUED), limit: 2 })), [10, 7])
      held.open()
      await over.passed
    })
    await held.passed
    assert.deepEqual(ranks(await db.jobs.claim(QUEUED)), [6, 3, 0])
    assert.deepEqual(await db.jobs.claim(QUEUED), [])
    over.open()
    await holder
    assert.deepEqual(ranks(await db.jobs.claim(QUEUED)), [10, 7])
  },
)
const lockOf = ({ where, orderBy }) => ({ where, orderBy, lock: 'update' })

test('a claim touches, and what set violates fails it whole', async t => {
  const db = await filled(t)
  const before = await db.jobs.find()
  await sleep(5)
  const [row] = await db.jobs.claim({ ...QUEUED, where: { id: before.id } })
  assert.ok(row.changedAt > before.changedAt)
  await fails(() => db.jobs.claim({ ...QUEUED, set: { rank: 5000 } }), {
    code: 'CHECK_VIOLATION',
    constraint: 'ranked',
  })
  await fails(() => db.jobs.claim({ ...QUEUED, set: { ownerId: 77 } }), {
    code: 'FOREIGN_KEY_VIOLATION',
    columns: ['ownerId'],
  })
  assert.equal(await db.jobs.count({ where: QUEUED.where }), 4)
})

test('a claim without its parts, or with wrong ones, is refused', async t => {
  const db = await filled(t)
  for (const [query, fields] of [
    [undefined, { code: 'QUERY_INVALID', message: /where must be/, hint: /claim\(/ }],
    [
      { ...QUEUED, where: undefined },
      { code: 'QUERY_INVALID', message: /where must be/ },
    ],
    [
      { ...QUEUED, limit: undefined },
      { code: 'QUERY_INVALID', message: /limit must be/ },
    ],
    [
      { ...QUEUED, limit: 0 },
      { code: 'QUERY_INVALID', message: /limit must be/ },
    ],
    [
      { ...QUEUED, set: undefined },
      { code: 'QUERY_INVALID', message: /set must be/ },
    ],
    [
      { ...QUEUED, set: {} },
      { code: 'QUERY_INVALID', message: /nothing to change/ },
    ],
    [
      { ...QUEUED, set: { id: 9 } },
      { code: 'QUERY_INVALID', message: /primary key/ },
    ],
    [
      { ...QUEUED, set: { state: 'gone' } },
      { code: 'VALUE_INVALID', columns: ['state'] },
    ],
    [
      { ...QUEUED, set: { stat: 'done' } },
      { code: 'UNKNOWN_COLUMN', hint: /state/ },
    ],
    [{ ...QUEUED, where: { stat: 'done' } }, { code: 'UNKNOWN_COLUMN' }],
    [{ ...QUEUED, orderBy: { data: 'asc' } }, {}],
    [{ ...QUEUED, offset: 1 }, { code: 'UNKNOWN_OPTION' }],
    [[], { code: 'QUERY_INVALID' }],
  ]) {
    await fails(() => db.jobs.claim(query), { table: 'jobs', ...fields })
  }
  assert.equal(await db.jobs.count({ where: QUEUED.where }), 5)
  await db.transaction(tx => fails(() => tx.jobs.claim(QUEUED), { code: 'READ_ONLY' }), { readOnly: true })
})
