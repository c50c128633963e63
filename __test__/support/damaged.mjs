// Tables that others made, whose columns hold what is not of the kind that the models declare.
import { c, model, open, schema } from 'plinth'
import { raw } from './db.mjs'
import { dialect, newUrl } from './dialect.mjs'

/** A text in everything that is damaged: no report of it may hold this. */
export const SECRET = 'hunter2'

const nullable = { sqlite: 'BLOB', postgres: 'text' }[dialect]

/** Of each column the type that others gave it, and values in SQL that it holds and that are not of its kind. */
export const damages = {
  sqlite: {
    integer: [nullable, `'${SECRET}'`, '1.5', '9007199254740993'],
    int32: [nullable, `CAST('${SECRET}' AS BLOB)`],
    bigint: [nullable, `'${SECRET}'`, '1.5'],
    real: [nullable, `'${SECRET}'`, '9e999', '-9e999'],
    decimal: [nullable, `'${SECRET}'`, '0.5'],
    text: [nullable, `CAST('${SECRET}' AS BLOB)`, '1', `CAST(x'61ff' || '${SECRET}' AS TEXT)`],
    boolean: [nullable, `'${SECRET}'`, '2', '-1'],
    uuid: [nullable, `'${SECRET}'`, "'018F3C1E-8D2A-7C3B-9F10-2B6A5D4C3E2F'"],
    timestamp: [nullable, `'${SECRET}'`, '1700000000'],
    date: [nullable, `'${SECRET}'`, "'2023-02-29'", "'2026-01-01 10:00:00'"],
    json: [nullable, `'${SECRET} {'`, "''", '1', `CAST(x'22ff' || '${SECRET}"' AS TEXT)`],
    bytes: [nullable, `'${SECRET}'`],
    enum: [nullable, `'${SECRET}'`, "'Open'"],
    secret: [nullable, `'${SECRET} {'`],
  },
  postgres: {
    integer: ['bigint', '9007199254740993'],
    int32: ['text', `'${SECRET}'`],
    bigint: ['text', `'${SECRET}'`],
    real: ['double precision', "'NaN'", "'Infinity'", "'-Infinity'"],
    decimal: ['text', `'${SECRET}'`, "'1e3'"],
    text: ['interval', "'1 day'"],
    boolean: ['text', `'${SECRET}'`],
    uuid: ['text', `'${SECRET}'`, "'018F3C1E-8D2A-7C3B-9F10-2B6A5D4C3E2F'"],
    timestamp: ['timestamptz', "'infinity'", "'20000-01-01'"],
    date: ['text', `'${SECRET}'`, "'2023-02-29'"],
    json: ['text', `'${SECRET} {'`],
    bytes: ['text', `'${SECRET}'`],
    enum: ['text', `'${SECRET}'`, "'Open'"],
    secret: ['text', `'${SECRET} {'`],
  },
}[dialect]

const key = { sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT', postgres: 'bigserial PRIMARY KEY' }[dialect]

const models = schema(
  {
    shelves: model('shelves', { id: c.id(), name: c.text() }),
    // The table is called otherwise than the model.
    items: model('things', {
      id: c.id(),
      slot: c.integer().unique(),
      shelf: c.integer().nullable().references('shelves.id'),
      integer: c.integer().nullable(),
      int32: c.int32().nullable(),
      bigint: c.bigint().nullable(),
      real: c.real().nullable(),
      decimal: c.decimal(12, 2).nullable(),
      text: c.text().nullable(),
      boolean: c.boolean().nullable(),
      uuid: c.uuid().nullable(),
      timestamp: c.timestamp().nullable(),
      date: c.date().nullable(),
      json: c.json().nullable(),
      bytes: c.bytes().nullable(),
      enum: c.enum('state', ['open', 'done']).nullable(),
      secret: c.json().nullable().private(),
    }),
  },
  {
    shelves: r => ({ items: r.many('items', 'shelf') }),
    items: r => ({ on: r.one('shelves', 'shelf') }),
  },
)

/** The columns that errors show, and those of which a call must ask. */
export const columns = Object.keys(damages)
export const shown = columns.filter(column => column !== 'secret')

/**
 * An open database with such tables: one shelf, with as many items as in its slots, and nothing
 * damaged yet.
 */
export async function damaged(t, items = 3) {
  const url = await newUrl(t)
  const db = open({ models, url })
  t.after(() => db.close())
  const declared = columns.map(column => `"${column}" ${damages[column][0]}`).join(', ')
  await raw(db, `CREATE TABLE shelves (id ${key}, name text NOT NULL)`)
  await raw(db, `CREATE TABLE things (id ${key}, slot integer NOT NULL UNIQUE, shelf integer, ${declared})`)
  await raw(db, `INSERT INTO shelves (name) VALUES ('one'), ('two')`)
  const rows = Array.from({ length: items }, (_, at) => `(${at + 1}, 1)`)
  await raw(db, `INSERT INTO things (slot, shelf) VALUES ${rows.join(', ')}`)
  /** Another handle of it, by a URL with this behind it. */
  const again = (query, options) => {
    const other = open({ models, url: url + query, ...options })
    t.after(() => other.close())
    return other
  }
  return { db, again }
}

/** Damages a column of the item with this id. */
export const damage = (db, id, column, value = damages[column][1]) =>
  raw(db, `UPDATE things SET "${column}" = ${value} WHERE id = ${id}`)

/** Puts NULL in its place. */
export const mend = (db, id, column) => damage(db, id, column, 'NULL')
