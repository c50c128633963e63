// Columns of SQLite hold values of any kind: what raw SQL put there that is not of its column's kind is found out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, schema } from 'plinth'
import { database, fails, raw } from '../support/db.mjs'

const models = schema({
  things: model('things', {
    id: c.id(),
    slot: c.integer().unique(),
    integer: c.integer().nullable(),
    int32: c.int32().nullable(),
    bigint: c.bigint().nullable(),
    real: c.real().nullable(),
    decimal: c.decimal(18, 6).nullable(),
    timestamp: c.timestamp().nullable(),
    bytes: c.bytes().nullable(),
  }),
})

test('a stored value that is not of its kind is an error that names the column, and shows nothing of it', async t => {
  const db = await database(t, models)
  await db.things.createMany([{ slot: 1 }, { slot: 2 }])
  const wrong = {
    integer: 'abc',
    bigint: 'abc',
    real: 'abc',
    timestamp: 'yesterday',
    bytes: 'abc',
    decimal: 0.5,
    int32: Uint8Array.of(1),
  }
  for (const [column, value] of Object.entries(wrong)) {
    await raw(db, [`UPDATE things SET "${column}" = `, ' WHERE slot = 1'], value)
    const fields = {
      code: 'VALUE_UNREADABLE',
      table: 'things',
      columns: [column],
      message: new RegExp(`things\\.${column} `),
    }
    await fails(() => db.things.list(), fields)
    await fails(() => db.sync.things.find({ where: { slot: 1 } }), fields)
    assert.equal((await db.things.find({ where: { slot: 2 } })).slot, 2)
    await db.things.update(2, { [column]: null })
    await db.things.updateMany({ where: { slot: 1 } }, { [column]: null })
  }
  assert.equal((await db.things.list()).length, 2)
})
