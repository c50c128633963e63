// .version(): a column that counts the updates of its row. update() and delete() take the row that was read, and refuse it if another version is there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { add, c, model, StaleRowError, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'

const documents = model('documents', {
  id: c.id(),
  slug: c.text().unique(),
  title: c.text().default(''),
  visits: c.integer().default(0),
  version: c.integer().version(),
  ownerId: c.integer().nullable().references('owners.id'),
})
const owners = model('owners', { id: c.id(), name: c.text(), revision: c.int32().name('rev').version() })
const seats = model('seats', {
  row: c.text().primaryKey(),
  number: c.integer().primaryKey(),
  n: c.int32(),
  v: c.integer().version(),
})
const plain = model('plain', { id: c.id(), n: c.integer(), touchedAt: c.timestamp().touch() })
const touched = model('touched', {
  id: c.id(),
  n: c.integer(),
  at: c.timestamp().touch(),
  version: c.integer().version(),
})
const models = schema(
  { documents, owners, seats, plain, touched },
  {
    documents: r => ({ owner: r.one('owners', 'ownerId') }),
    owners: r => ({ documents: r.many('documents', 'ownerId') }),
  },
)
const INCREMENTS = 50
const versionOf = async (db, id) => (await db.documents.get(id))?.version

test('a version begins at 1, and counts every update of its row', async t => {
  const db = await database(t, models)
  const made = await db.documents.create({ slug: 'a' })
  assert.equal(made.version, 1)
  assert.deepEqual(await db.documents.get(made.id), made)
  const changed = await db.documents.update(made, { title: 'b' })
  assert.deepEqual(changed, { ...made, title: 'b', version: 2 })
  assert.equal((await db.documents.update(changed, { visits: add(1) })).version, 3)
  assert.equal(await db.documents.updateMany({ all: true }, { title: 'c' }), 1)
  assert.equal(await versionOf(db, made.id), 4)
  assert.equal((await db.documents.upsert({ slug: 'a', title: 'd' }, { on: ['slug'] })).version, 5)
  const rows = await db.documents.createMany([{ slug: 'x' }, { slug: 'y' }])
  assert.deepEqual(
    rows.map(it => it.version),
    [1, 1],
  )
  const many = await db.documents.createMany(Array.from({ length: 600 }, (_, i) => ({ slug: `many ${i}` })))
  assert.ok(many.every(it => it.version === 1))
  assert.equal(await db.documents.count({ where: { version: 1 } }), 602)
})

test('what changes nothing counts nothing', async t => {
  const db = await database(t, models)
  const made = await db.documents.create({ slug: 'a' })
  assert.deepEqual(await db.documents.update(made, {}), made)
  assert.deepEqual(await db.documents.upsert({ slug: 'a' }, { on: ['slug'] }), made)
  const row = await db.touched.create({ n: 1 })
  assert.equal((await db.touched.update(row, {})).version, 2)
})

test('somebody was faster: STALE_ROW, and the row stays as it is', async t => {
  const db = await database(t, models)
  const read = await db.documents.create({ slug: 'a' })
  const now = await db.documents.update(read, { title: 'faster' })
  const stale = {
    code: 'STALE_ROW',
    name: 'StaleRowError',
    table: 'documents',
    columns: ['version'],
    key: read.id,
    expected: 'version 1',
    found: 'version 2',
    hint: /read it again/,
    retryable: false,
  }
  const error = await fails(() => db.documents.update(read, { title: 'slower' }), {
    ...stale,
    message: `documents.update: the row with the key ${read.id} has another version: expected 1, found 2.`,
  })
  assert.ok(error instanceof StaleRowError)
  await fails(() => db.documents.update(read, {}), stale)
  await fails(() => db.documents.delete(read), stale)
  await fails(async () => db.sync.documents.update(read, { title: 'slower' }), stale)
  await fails(async () => db.sync.documents.delete(read), stale)
  assert.deepEqual(await db.documents.get(read.id), now)
  await db.documents.delete(now)
  assert.equal(await db.documents.get(read.id), null)
  const gone = { code: 'NOT_FOUND', found: `no row with the key ${read.id}` }
  await fails(() => db.documents.update(now, { title: 'b' }), gone)
  await fails(() => db.documents.delete(now), gone)
})

test('of a row only its key and its version are looked at', async t => {
  const db = await database(t, models)
  const { id } = await db.documents.create({ slug: 'a', title: 'kept' })
  const untouchable = {
    id,
    version: 1,
    get title() {
      throw new Error('read')
    },
  }
  assert.equal((await db.documents.update(untouchable, { visits: 1 })).title, 'kept')
  const changed = { ...(await db.documents.get(id)), title: 'not written', nothing: 1 }
  assert.equal((await db.documents.update(changed, { visits: 2 })).title, 'kept')
  class Document {
    constructor(row) {
      Object.assign(this, row)
    }
  }
  await db.documents.update(new Document(await db.documents.get(id)), { visits: 3 })
  await db.documents.delete({ id, version: 4 })
})

test('a key with a version, or with any', async t => {
  const db = await database(t, models)
  const { id } = await db.documents.create({ slug: 'a' })
  assert.equal((await db.documents.update(id, { title: 'b' }, { version: 1 })).version, 2)
  await fails(() => db.documents.update(id, { title: 'c' }, { version: 1 }), { code: 'STALE_ROW', found: 'version 2' })
  assert.equal((await db.documents.update(id, { title: 'c' }, { version: 'any' })).version, 3)
  await fails(() => db.documents.update(99, { title: 'c' }, { version: 'any' }), { code: 'NOT_FOUND' })
  await fails(() => db.documents.delete(id, { version: 2 }), { code: 'STALE_ROW' })
  await db.documents.delete(id, { version: 3 })
  const other = await db.documents.create({ slug: 'b' })
  await db.documents.delete(other.id, { version: 'any', timeout: 60_000 })
  assert.equal(await db.documents.count(), 0)
})

test('together with where, each is reported', async t => {
  const db = await database(t, models)
  const read = await db.documents.create({ slug: 'a', title: 'x' })
  await fails(() => db.documents.update(read, { title: 'y' }, { where: { title: 'z' } }), {
    code: 'STALE_ROW',
    columns: ['title'],
  })
  await db.documents.update(read, { title: 'y' }, { where: { title: 'x' } })
  await fails(() => db.documents.update(read, { title: 'z' }, { where: { title: 'y' } }), {
    code: 'STALE_ROW',
    columns: ['version'],
  })
})

test('keys of several columns, and a version with a name of its own', async t => {
  const db = await database(t, models)
  const seat = await db.seats.create({ row: 'A', number: 1, n: 0 })
  const next = await db.seats.update(seat, { n: 1 })
  assert.deepEqual(next, { row: 'A', number: 1, n: 1, v: 2 })
  const key = { row: 'A', number: 1 }
  await fails(() => db.seats.update(seat, { n: 2 }), { code: 'STALE_ROW', key, columns: ['v'] })
  assert.equal((await db.seats.update(key, { n: 2 }, { version: 2 })).v, 3)
  await db.seats.delete(key, { version: 'any' })
  const owner = await db.owners.create({ name: 'a' })
  assert.equal((await db.owners.update(owner, { name: 'b' })).revision, 2)
  await fails(() => db.owners.update(owner, { name: 'c' }), {
    code: 'STALE_ROW',
    expected: 'revision 1',
    found: 'revision 2',
  })
})

test('upsert counts, and compares if a version is passed', async t => {
  const db = await database(t, models)
  const upsert = (title, options) => db.documents.upsert({ slug: 'a', title }, { on: ['slug'], ...options })
  assert.equal((await upsert('a', { version: 7 })).version, 1)
  assert.equal((await upsert('b', { version: 1 })).version, 2)
  await fails(() => upsert('c', { version: 1 }), {
    code: 'STALE_ROW',
    message: 'documents.upsert: the row that exists has another version: expected 1.',
    table: 'documents',
    columns: ['version'],
    expected: 'version 1',
    found: 'another version',
  })
  await fails(
    async () => db.sync.documents.upsert({ slug: 'a' }, { on: ['slug'], update: { title: 'c' }, version: 1 }),
    {
      code: 'STALE_ROW',
    },
  )
  assert.equal((await upsert('c', { update: { title: 'd' }, version: 2 })).title, 'd')
  assert.equal((await db.documents.find()).version, 3)
})

test('a version that is full is OUT_OF_RANGE', async t => {
  const db = await database(t, models)
  const owner = await db.owners.create({ name: 'a' })
  await raw(db, `UPDATE owners SET rev = ${2 ** 31 - 1}`)
  const full = { ...owner, revision: 2 ** 31 - 1 }
  await fails(() => db.owners.update(full, { name: 'b' }), { code: 'OUT_OF_RANGE' })
  assert.deepEqual(await db.owners.get(owner.id), full)
})

test(`${INCREMENTS} read and update by version, each until it succeeds: ${INCREMENTS}`, async t => {
  const db = await database(t, models)
  const { id } = await db.documents.create({ slug: 'a' })
  let refused = 0
  const increment = async () => {
    for (;;) {
      const row = await db.documents.get(id)
      try {
        return await db.documents.update(row, { visits: row.visits + 1 })
      } catch (error) {
        if (!(error instanceof StaleRowError)) throw error
        refused++
      }
    }
  }
  await Promise.all(Array.from({ length: INCREMENTS }, increment))
  const row = await db.documents.get(id)
  assert.deepEqual([row.visits, row.version], [INCREMENTS, INCREMENTS + 1])
  assert.ok(refused > 0, 'nothing ran at the same time')
})

test(`${INCREMENTS} transactions with retries that read and update by version: ${INCREMENTS}`, async t => {
  const db = await database(t, models)
  const { id } = await db.documents.create({ slug: 'a' })
  let runs = 0
  const increment = async tx => {
    runs++
    const row = await tx.documents.get(id)
    await tx.documents.update(row, { visits: row.visits + 1 })
  }
  await Promise.all(Array.from({ length: INCREMENTS }, () => db.transaction(increment, { retries: 1000 })))
  const row = await db.documents.get(id)
  assert.deepEqual([row.visits, row.version], [INCREMENTS, INCREMENTS + 1])
  t.diagnostic(`${runs} runs`)
})

test('a transaction is run again only if it read the row itself', async t => {
  const db = await database(t, models)
  const owner = await db.owners.create({ name: 'o' })
  const stale = await db.documents.create({ slug: 'a', ownerId: owner.id })
  await db.documents.update(stale, { title: 'faster' })
  const other = await db.documents.create({ slug: 'b' })
  const { id } = stale
  const change = tx => tx.documents.update(stale, { title: 'slower' })
  const runs = async (work, fields = { code: 'STALE_ROW' }) => {
    let n = 0
    const run = tx => {
      n++
      return work(tx)
    }
    await fails(() => db.transaction(run, { retries: 2 }), fields)
    return n
  }
  const reads = {
    get: tx => tx.documents.get(id),
    find: tx => tx.documents.find({ where: { slug: 'a' } }),
    list: tx => tx.documents.list(),
    page: tx => tx.documents.page({ limit: 10 }),
    include: tx => tx.owners.list({ include: { documents: true } }),
    'nested include': tx => tx.documents.get(id, { include: { owner: { include: { documents: true } } } }),
    savepoint: tx => tx.transaction(inner => inner.documents.get(id)),
    view: tx => tx.with({ timeout: 60_000 }).documents.get(id),
    stream: async tx => {
      for await (const _ of tx.documents.stream());
    },
  }
  const after = read => async tx => {
    await read(tx)
    await change(tx)
  }
  for (const [name, read] of Object.entries(reads)) assert.equal(await runs(after(read)), 3, name)
  assert.equal(await runs(change), 1, 'read outside')
  assert.equal(await runs(after(tx => tx.documents.get(other.id))), 1, 'another row')
  assert.equal(await runs(after(tx => tx.documents.list({ select: ['title'] }))), 1, 'without its key')
  let n = 0
  const wrapped = async tx => {
    n++
    await tx.documents.get(id)
    await change(tx).catch(cause => {
      throw new Error('could not save', { cause })
    })
  }
  await assert.rejects(() => db.transaction(wrapped, { retries: 2 }), /could not save/)
  assert.equal(n, 3)
  let blocking = 0
  const sync = tx => {
    blocking++
    tx.documents.get(id)
    tx.documents.update(stale, { title: 'slower' })
  }
  assert.throws(() => db.sync.transaction(sync, { retries: 2 }), { code: 'STALE_ROW' })
  assert.equal(blocking, 3)
})

test('a condition on a row that was read with get or find is tried again, too', async t => {
  const db = await database(t, models)
  const { id } = await db.plain.create({ n: 0 })
  const increment = async tx => {
    const { n } = await tx.plain.get(id)
    await tx.plain.update(id, { n: n + 1 }, { where: { n } })
  }
  await Promise.all(Array.from({ length: 20 }, () => db.transaction(increment, { retries: 1000 })))
  assert.equal((await db.plain.get(id))?.n, 20)
})

test('a bare key is refused, with the ways that there are', async t => {
  const db = await database(t, models)
  const { id } = await db.documents.create({ slug: 'a' })
  const refused = { code: 'QUERY_INVALID', table: 'documents', columns: ['version'], hint: /version: 'any'/ }
  for (const bare of [id, undefined, null, 'a', [id], { id }, {}]) {
    await fails(() => db.documents.update(bare, { title: 'b' }), {
      ...refused,
      message: /expected a row with its version/,
    })
    await fails(() => db.documents.delete(bare), refused)
  }
  await fails(() => db.documents.update(id, { title: 'b' }, { where: { title: '' } }), refused)
  const row = await db.documents.get(id, { select: ['id'] })
  await fails(() => db.documents.update(row, { title: 'b' }), refused)
  for (const version of ['1', null, 1.5, 1n, undefined]) {
    await fails(() => db.documents.update({ id, version }, { title: 'b' }), {
      code: 'VALUE_INVALID',
      columns: ['version'],
    })
  }
  for (const version of ['1', null, 1.5, 1n, {}, 'all']) {
    const wrong = { code: 'QUERY_INVALID', message: /version must be a version, or 'any'/ }
    await fails(() => db.documents.update(id, { title: 'b' }, { version }), wrong)
    await fails(() => db.documents.delete(id, { version }), wrong)
    const upsert = () => db.documents.upsert({ slug: 'a' }, { on: ['slug'], version })
    await fails(upsert, { code: 'QUERY_INVALID', message: /version must be a version/ })
  }
  await fails(() => db.documents.update({ version: 1 }, { title: 'b' }), { code: 'VALUE_INVALID', columns: ['id'] })
  await fails(() => db.documents.update({ id, version: 1 }, { title: 'b' }, { version: 1 }), {
    code: 'VALUE_INVALID',
    columns: ['id'],
  })
  assert.equal((await db.documents.get(id))?.title, '')
})

test('a model without a version knows no such option', async t => {
  const db = await database(t, models)
  const { id } = await db.plain.create({ n: 0 })
  const unknown = { code: 'UNKNOWN_OPTION', message: /no option "version"/ }
  await fails(() => db.plain.update(id, { n: 1 }, { version: 1 }), unknown)
  await fails(() => db.plain.delete(id, { version: 'any' }), unknown)
  await fails(() => db.plain.upsert({ id, n: 1 }, { on: ['id'], version: 1 }), unknown)
})

test('a constraint that refuses an update names its value', async t => {
  const db = await database(t, models)
  await db.documents.create({ slug: 'taken' })
  const row = await db.documents.create({ slug: 'a' })
  await fails(() => db.documents.update(row, { slug: 'taken' }), { code: 'UNIQUE_VIOLATION', found: 'slug = "taken"' })
  await fails(() => db.documents.update(row, { ownerId: 99 }), { code: 'FOREIGN_KEY_VIOLATION', columns: ['ownerId'] })
  assert.deepEqual(await db.documents.get(row.id), row)
})

test('no caller writes a version', async t => {
  const db = await database(t, models)
  const row = await db.documents.create({ slug: 'a' })
  const refused = call =>
    fails(async () => call(), {
      code: 'VALUE_INVALID',
      table: 'documents',
      columns: ['version'],
      expected: 'no value',
      hint: /leave the column out/,
    })
  for (const version of [1, 2, null, 'x', add(1)]) {
    await refused(() => db.documents.create({ slug: 'b', version }))
    await refused(() => db.documents.createMany([{ slug: 'b' }, { slug: 'd', version }]))
    await refused(() => db.documents.update(row, { version }))
    await refused(() => db.documents.updateMany({ all: true }, { title: 'b', version }))
    await refused(() => db.documents.upsert({ slug: 'a', version }, { on: ['slug'] }))
    await refused(() => db.documents.upsert({ slug: 'a' }, { on: ['slug'], update: { version } }))
  }
  await refused(() => db.documents.update(row, { ...row, title: 'b' }))
  assert.equal((await db.documents.create({ slug: 'b', version: undefined })).version, 1)
  assert.deepEqual(await db.documents.get(row.id), row)
})
