// postgres.js, used by hand. It prepares and pipelines by itself.
import postgres from 'postgres'
import { FIELDS } from '../data.mjs'
import { fromPlain, reads, SQL } from './pg.mjs'
import { INT8, POOL } from './postgres-values.mjs'
import { insertEvents } from './sql.mjs'

/** Rows of one INSERT: with fewer and with more it is slower. */
const BATCH = 250
const prepare = { prepare: true }
const number = { bigint: { to: INT8, from: [INT8], parse: Number, serialize: String } }
/** Its form of a Date and of an object fits a column of that type. */
const values = row => FIELDS.map(field => row[field])

export function open({ url, stored }) {
  const sql = postgres(url, { max: POOL, onnotice: () => {}, ...(!stored && { types: number }) })
  const on = by => (name, parameters) => by.unsafe(SQL[name], parameters, prepare)
  const all = on(sql)
  const run = text => sql.unsafe(text)
  const close = () => sql.end()
  if (stored)
    return {
      convert: fromPlain,
      get: async id => (await all('getPlain', [id]))[0],
      list: (after, limit) => all('listPlain', [after, limit]),
      run,
      close,
    }
  const create = async (by, row) => {
    const [{ id }] = await by.unsafe(`${SQL.create} RETURNING id`, values(row), prepare)
    return { id, ...row }
  }
  return {
    ...reads(all),
    async *stream() {
      for await (const rows of sql.unsafe(SQL.all, [], prepare).cursor(500)) yield* rows
    },
    create: row => create(sql, row),
    update: (id, { title, score }) => all('update', [title, score, id]),
    upsert: row => all('upsert', values(row)),
    createMany: rows =>
      sql.begin(own => {
        const batches = Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, i) =>
          rows.slice(i * BATCH, (i + 1) * BATCH),
        )
        return batches.map(batch =>
          own.unsafe(
            insertEvents(n => `$${n}`, batch.length),
            batch.flatMap(values),
            prepare,
          ),
        )
      }),
    transaction: rows =>
      sql.begin(async own => {
        for (const row of rows) await create(own, row)
      }),
    run,
    close,
  }
}
