// Keys at the end of what JavaScript's numbers tell apart: given, generated, and read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, schema } from 'plinth'
import { database, fails, ids, raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'
import { here } from '../support/differences.mjs'

const LAST = Number.MAX_SAFE_INTEGER
const keyed = id => schema({ things: model('things', { id, name: c.text().unique() }) })

/** A table that others made, whose sequence has no end. */
async function endless(t, id = c.id()) {
  const key = { sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT', postgres: 'bigserial PRIMARY KEY' }[dialect]
  const db = open({ models: keyed(id), url: await newUrl(t) })
  t.after(() => db.close())
  await raw(db, `CREATE TABLE things (id ${key}, name text NOT NULL UNIQUE)`)
  return db
}

let names = 0
const named = n => Array.from({ length: n }, () => ({ name: `n${++names}` }))

test('a key that was given is refused beyond 2^53 - 1, whatever the call', async t => {
  const db = await database(t, keyed(c.id()))
  await db.things.create({ name: 'first' })
  for (const id of [LAST + 1, -LAST - 1, 2 ** 60, 1.5, 9007199254740993n]) {
    const invalid = { code: 'VALUE_INVALID', table: 'things', columns: ['id'], expected: /safe integer/ }
    for (const call of [
      on => on.things.create({ id, name: 'x' }),
      on => on.things.createMany([{ name: 'y' }, { id, name: 'x' }]),
      on => on.things.createMany(named(300).map((row, i) => ({ ...row, id: i === 299 ? id : i + 10 }))),
      on => on.things.upsert({ id, name: 'x' }, { on: ['name'] }),
      on => on.things.upsert({ name: 'first' }, { on: ['name'], update: { id } }),
      on => on.things.update(1, { id }),
      on => on.things.updateMany({ where: { id: 1 } }, { id }),
    ]) {
      await fails(() => call(db), invalid)
      await fails(async () => call(db.sync), invalid)
      await db.transaction(tx => fails(() => call(tx), invalid))
      const session = db.session()
      await fails(() => call(session), invalid)
      await session.close()
    }
  }
  assert.deepEqual(await db.things.list(), [{ id: 1, name: 'first' }])
})

test('a generated key beyond 2^53 - 1 is an error that names it, and never a key of two rows', async t => {
  for (const [write, undone] of [
    [on => on.things.create(named(1)[0]), here('generatedKeyIsUndone')],
    [on => on.things.createMany(named(3)), here('generatedKeyIsUndone')],
    [on => on.things.createMany(named(600)), true],
    [on => on.things.createMany(named(5000)), true],
  ]) {
    for (const blocking of [false, true]) {
      const db = await endless(t)
      const on = blocking ? db.sync : db
      assert.equal((await on.things.create({ id: LAST, name: 'last' })).id, LAST)
      const error = await fails(() => write(on), {
        code: 'VALUE_UNREADABLE',
        model: 'things',
        table: 'things',
        columns: ['id'],
        message: /things\.id/,
        hint: /bigId/,
        retryable: false,
        mayHaveCommitted: !undone,
      })
      assert.equal(typeof error.key, 'bigint')
      assert.ok(error.key > BigInt(LAST), String(error.key))
      const [{ n }] = await raw(db, 'SELECT count(*) AS n FROM things')
      assert.equal(n === 1, undone)
      // In a transaction it is thrown there.
      const { length } = await db.things.list({ unreadable: 'skip', onUnreadable() {} })
      assert.equal(length, 1)
      const thrown = await fails(() => db.transaction(async tx => write(tx)), { code: 'VALUE_UNREADABLE' })
      assert.notEqual(thrown.mayHaveCommitted, true)
      assert.equal((await raw(db, 'SELECT count(*) AS n FROM things'))[0].n, n)
    }
  }
})

test('a bigint key goes on', async t => {
  const db = await endless(t, c.bigId())
  await db.things.create({ id: BigInt(LAST), name: 'last' })
  assert.equal((await db.things.create({ name: 'next' })).id, BigInt(LAST) + 1n)
  const made = await db.things.createMany(named(300))
  assert.deepEqual(
    made.map(({ id }) => id),
    made.map((_, i) => BigInt(LAST) + 2n + BigInt(i)),
  )
})

test('a stored key that JavaScript cannot tell from its neighbours is named as a bigint, and the other rows are read', async t => {
  const db = await endless(t)
  await raw(db, `INSERT INTO things (id, name) VALUES (1, 'a'), (9007199254740993, 'b'), (3, 'c')`)
  const fields = { code: 'VALUE_UNREADABLE', model: 'things', columns: ['id'], key: 9007199254740993n }
  await fails(() => db.things.list(), { ...fields, message: /9007199254740993/ })
  await fails(() => db.sync.things.page({ limit: 5 }), fields)
  const told = []
  const skip = { unreadable: 'skip', onUnreadable: ({ key }) => told.push(key) }
  assert.deepEqual(ids(await db.things.list({ ...skip, orderBy: { id: 'asc' } })), [1, 3])
  assert.deepEqual(ids((await db.things.page({ ...skip, limit: 2, orderBy: { id: 'desc' } })).rows), [3, 1])
  assert.deepEqual(ids((await db.things.page({ ...skip, limit: 1, orderBy: { id: 'desc' } })).rows), [3])
  assert.deepEqual(told, [9007199254740993n, 9007199254740993n, 9007199254740993n])
  await fails(() => db.things.upsert({ name: 'b' }, { on: ['name'] }), { ...fields, mayHaveCommitted: true })
})
