// The requests on pg, with named statements.
import pg from 'pg'
import { numbers, POOL } from '../peers/postgres-values.mjs'
import { requests, SQL } from './postgres-by-hand-http.mjs'

export function open({ url }) {
  const pool = new pg.Pool({ connectionString: url, max: POOL, types: numbers(pg) })
  pool.on('error', () => {})
  const on = by => async (name, values) => (await by.query({ name, text: SQL[name], values })).rows
  return {
    ...requests(on(pool)),
    async update(rows) {
      const client = await pool.connect()
      try {
        await client.query('BEGIN')
        for (const { id, randomNumber } of rows) await on(client)('update', [randomNumber, id])
        await client.query('COMMIT')
      } catch (error) {
        await client.query('ROLLBACK')
        throw error
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}
