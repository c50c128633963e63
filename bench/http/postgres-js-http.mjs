// The requests on postgres.js, which prepares and pipelines by itself.
import postgres from 'postgres'
import { INT8, POOL } from '../peers/postgres-values.mjs'
import { requests, SQL } from './postgres-by-hand-http.mjs'

const types = { bigint: { to: INT8, from: [INT8], parse: Number, serialize: String } }

export function open({ url }) {
  const sql = postgres(url, { max: POOL, onnotice: () => {}, types })
  const on = by => (name, values) => by.unsafe(SQL[name], values, { prepare: true })
  return {
    ...requests(on(sql)),
    // Its `begin` fails now and then while the same pool pipelines other statements (UNSAFE_TRANSACTION).
    async update(rows) {
      const own = await sql.reserve()
      const begin = own.unsafe('BEGIN')
      try {
        await Promise.all([begin, ...rows.map(({ id, randomNumber }) => on(own)('update', [randomNumber, id]))])
        await own.unsafe('COMMIT')
      } catch (error) {
        await own.unsafe('ROLLBACK')
        throw error
      } finally {
        own.release()
      }
    },
    close: () => sql.end(),
  }
}
