// One row that cannot be read: a key of another kind in a table that others made. The error has a code and shows nothing of it; the other rows are read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { c, model, open, PlinthError, schema } from 'plinth'
import { raw } from '../support/db.mjs'
import { dialect, newUrl } from '../support/dialect.mjs'

const SECRET = 'hunter2'
/** A key of each kind: the type that others gave it, a stored value that is not of its kind, and one that is. */
const KEYS = {
  sqlite: {
    integer: ['BLOB', `'${SECRET}'`, '7'],
    int32: ['BLOB', '1.5', '7'],
    bigint: ['BLOB', `'${SECRET}'`, '7'],
    text: ['BLOB', `CAST('${SECRET}' AS BLOB)`, "'a'"],
    uuid: ['BLOB', `'${SECRET}'`, "'018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'"],
    decimal: ['BLOB', `'${SECRET}'`, '700'],
    date: ['BLOB', `'${SECRET}'`, "'2026-01-01'"],
  },
  postgres: {
    integer: ['numeric', '1.5'],
    int32: ['text', `'${SECRET}'`],
    bigint: ['text', `'${SECRET}'`],
    text: ['interval', "'1 day'"],
    uuid: ['text', `'${SECRET}'`, "'018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f'"],
    decimal: ['text', `'${SECRET}'`, "'7.00'"],
    date: ['text', `'${SECRET}'`, "'2026-01-01'"],
  },
}[dialect]
const kind = name => (name === 'decimal' ? c.decimal(9, 2) : c[name]())

for (const [name, [type, damaged, sound]] of Object.entries(KEYS)) {
  test(`a key of ${name}`, async t => {
    const models = schema(
      {
        boxes: model('boxes', { key: kind(name).primaryKey(), n: c.integer() }),
        // The same key beside another: neither names the row.
        pairs: model('pairs', { id: c.integer().primaryKey(), key: kind(name).primaryKey(), n: c.integer() }),
        notes: model('notes', { id: c.id(), box: kind(name).nullable().references('boxes.key'), n: c.integer() }),
      },
      { boxes: r => ({ notes: r.many('notes', 'box') }), notes: r => ({ of: r.one('boxes', 'box') }) },
    )
    const db = open({ models, url: await newUrl(t) })
    t.after(() => db.close())
    const number = dialect === 'sqlite' ? 'INTEGER' : 'bigint'
    await raw(db, `CREATE TABLE boxes (key ${type} PRIMARY KEY, n ${number})`)
    await raw(db, `CREATE TABLE pairs (id ${number}, key ${type}, n ${number}, PRIMARY KEY (id, key))`)
    await raw(db, `CREATE TABLE notes (id ${number} PRIMARY KEY, box ${type}, n ${number})`)
    const values = sound === undefined ? [damaged] : [sound, damaged]
    for (const [i, value] of values.entries()) {
      await raw(db, `INSERT INTO boxes VALUES (${value}, ${i})`)
      await raw(db, `INSERT INTO pairs VALUES (${i}, ${value}, ${i})`)
      await raw(db, `INSERT INTO notes VALUES (${i}, ${value}, ${i})`)
    }
    const told = error => {
      assert.ok(error instanceof PlinthError, String(error))
      assert.equal(error.code, 'VALUE_UNREADABLE', error.message)
      assert.equal(error.key, undefined)
      assert.doesNotMatch(
        JSON.stringify({ ...error, message: error.message, stack: error.stack }),
        /hunter2|1\.5|1 day/,
      )
      return true
    }
    const failing = {
      list: () => db.boxes.list(),
      'list with an include': () => db.boxes.list({ include: { notes: true } }),
      page: () => db.boxes.page({ limit: 5 }),
      stream: async () => {
        for await (const _ of db.boxes.stream());
      },
      'composite key': () => db.pairs.list(),
      'a transaction': () => db.transaction(tx => tx.boxes.list()),
    }
    for (const [what, call] of Object.entries(failing)) await assert.rejects(call, error => told(error), `${what}`)
    assert.throws(() => db.sync.boxes.list(), told)
    // A key that is sound names the row of another damaged column.
    await assert.rejects(
      () => db.notes.list(),
      error => error.code === 'VALUE_UNREADABLE' && error.key === values.length - 1,
    )
    for (const table of ['boxes', 'pairs']) {
      const errors = []
      const rows = await db[table].list({ unreadable: 'skip', onUnreadable: error => errors.push(error) })
      assert.deepEqual(
        rows.map(row => row.n),
        values.slice(0, -1).map((_, i) => i),
      )
      assert.equal(errors.length, 1)
      told(errors[0])
    }
  })
}
