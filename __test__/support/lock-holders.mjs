// Sessions that hold the locks of tables while migrations want them.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { c, model, schema } from 'plinth'
import { plain, workshop } from './migrations.mjs'
import { query } from './postgres.mjs'

export const models = plain('one')
export const wider = schema({
  one: model('one', { id: c.id(), text: c.text().nullable(), more: c.text().nullable() }),
})

/** A database with a table of some rows, and if it is to be pending the revision that adds a column to it. */
export async function place(t, { pending = true, url } = {}) {
  const shop = await workshop(t, { url })
  await shop.write(models, 'first')
  await shop.init(models)
  await query(shop.url, `INSERT INTO one (text) SELECT 'row' FROM generate_series(1, 10)`)
  if (pending) await shop.write(wider, 'wider')
  return shop
}

/** A session of its own, with a transaction that has run SQL. */
export async function holding(t, url, sql = `SELECT * FROM one WHERE text = 'secret'`) {
  const client = new pg.Client({ connectionString: url, application_name: 'holder' })
  client.on('error', () => {})
  await client.connect()
  t.after(() => client.end())
  await client.query('BEGIN')
  await client.query(sql)
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
  await client.query(sql)
  return { pid: rows[0].pid, end: () => client.query('ROLLBACK') }
}

/**
 * Does work while a session holds the lock of the table for two seconds, and another one reads the table again and again. No
 * read may stand behind the work for long while the work waits for the lock.
 */
export async function besideAReader(t, url, work) {
  const { end } = await holding(t, url)
  const reader = new pg.Client({ connectionString: url })
  await reader.connect()
  t.after(() => reader.end())
  let released = Infinity
  const ended = sleep(2000).then(() => {
    released = performance.now()
    return end()
  })
  const reads = []
  const start = performance.now()
  let working = true
  const done = work().finally(() => {
    working = false
  })
  while (working) {
    const began = performance.now()
    await reader.query('SELECT count(*) FROM one').catch(() => {})
    if (began < released) reads.push(Math.min(performance.now(), released) - began)
    await sleep(2)
  }
  const result = await done
  const ms = performance.now() - start
  await ended
  assert.ok(ms >= 1900 && ms < 10_000, `the work took ${ms} ms`)
  reads.sort((a, b) => b - a)
  const told = `${reads.length} reads, the longest took ${reads.slice(0, 5).map(Math.round).join(', ')} ms`
  t.diagnostic(told)
  // A machine that is busy with other things is late now and then.
  assert.ok(reads.length > 50 && reads[0] < 500 && reads[Math.floor(reads.length / 50)] < 100, told)
  return result
}
