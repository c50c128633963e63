// Sessions of the release that is older than a running revision: they write rows by key the whole time, and keep a list of what was
// acknowledged. Once the new column needs a value that the old release does not give, they write as the new release does.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** How many sessions write. */
const WRITERS = 8

/** Starts the sessions. `stop` ends them and gives their number of writes; then `check` compares the table with what was acknowledged. */
export async function startWriters(t, url) {
  const writers = await Promise.all(Array.from({ length: WRITERS }, (_, number) => startWriter(url, number)))
  const stop = async () => {
    const counts = await Promise.all(writers.map(writer => writer.stop()))
    return counts.reduce((sum, count) => sum + count, 0)
  }
  // A second time, after a test that failed: what they report is known by then.
  t.after(() => stop().catch(() => {}))
  return { stop, check: () => Promise.all(writers.map(writer => writer.check())) }
}

/** Milliseconds between the writes of a session: the table is not to grow without end. */
const PAUSE = 3
const NOT_NULL = '23502'
const NO_COLUMN = '42703'

/** Whether rows get the new column by the trigger of a revision that runs. */
async function isHalfDone(client) {
  const { rows } = await client.query(`SELECT FROM pg_trigger WHERE tgname LIKE 'plinth_fill_%'`)
  return rows.length > 0
}

async function startWriter(url, number) {
  const client = new pg.Client({ connectionString: url, application_name: `writer ${number}` })
  client.on('error', () => {})
  await client.connect()
  /** The rows of this writer, by id: the text that was acknowledged last. */
  const rows = new Map()
  const gone = []
  let isOver = false
  let writes = 0
  let isNew = false
  const insert = async () => {
    const email = `Writer ${number} of ${writes}`
    try {
      const sql = isNew
        ? 'INSERT INTO users (email, slug) VALUES ($1, lower($1)) RETURNING id'
        : 'INSERT INTO users (email) VALUES ($1) RETURNING id'
      const { rows: made } = await client.query(sql, [email])
      rows.set(made[0].id, email)
    } catch (error) {
      if (error.code !== (isNew ? NO_COLUMN : NOT_NULL) || (await isHalfDone(client))) throw error
      isNew = !isNew
    }
  }
  const update = async id => {
    const email = `Changed ${number} of ${writes}`
    const { rowCount } = await client.query('UPDATE users SET email = $1 WHERE id = $2', [email, id])
    assert.equal(rowCount, 1, `row ${id}`)
    rows.set(id, email)
  }
  const remove = async id => {
    const { rowCount } = await client.query('DELETE FROM users WHERE id = $1', [id])
    assert.equal(rowCount, 1, `row ${id}`)
    rows.delete(id)
    gone.push(id)
  }
  const write = async () => {
    while (!isOver) {
      const ids = [...rows.keys()]
      const id = ids[Math.floor(Math.random() * ids.length)]
      const kind = Math.random()
      if (id === undefined || kind < 0.5 || ids.length < 20) await insert()
      else if (kind < 0.85) await update(id)
      else await remove(id)
      writes += 1
      await sleep(PAUSE)
    }
  }
  const writing = write()
  // Reported by `stop`.
  writing.catch(() => {})
  const check = async () => {
    const reader = new pg.Client({ connectionString: url })
    await reader.connect()
    try {
      const { rows: found } = await reader.query('SELECT id, email FROM users WHERE id = ANY($1)', [[...rows.keys()]])
      assert.deepEqual(new Map(found.map(({ id, email }) => [id, email])), rows)
      const { rows: left } = await reader.query('SELECT id FROM users WHERE id = ANY($1)', [gone])
      assert.deepEqual(left, [])
    } finally {
      await reader.end()
    }
  }
  const stop = async () => {
    isOver = true
    try {
      await writing
    } finally {
      await client.end().catch(() => {})
    }
    return writes
  }
  return { stop, check }
}
