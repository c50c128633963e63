// The clients of bench/online.mjs: they read and write rows by key as the previous release of a service does, and know which writes were acknowledged.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { Failure } from '../scripts/run.mjs'

export const CLIENTS = 32
/** Milliseconds that a client waits after each call: the load is the same whatever the revision does. */
const PAUSE = 10
/** Parts of the calls: half read, a quarter updates, an eighth each inserts and deletes. */
const [READS, UPDATES, INSERTS] = [0.5, 0.75, 0.875]

export const emailOf = id => `User${id}`
export const nameOf = id => `the name of ${id}`

/** Starts all clients of a database whose table has so many rows. */
export async function startClients(url, rows) {
  const times = { reads: [], writes: [], failures: new Map() }
  const clients = Array.from({ length: CLIENTS }, (_, number) => new Client(number, rows, times))
  await Promise.all(clients.map(client => client.start(url)))
  return {
    times,
    /** Ends after the last answer of each. */
    async stop() {
      for (const client of clients) client.isOver = true
      await Promise.all(clients.map(client => client.working))
    },
    check: change => check(url, rows, clients, change),
  }
}

/** A client with a connection of its own and a share of the rows, which no other client writes. */
class Client {
  isOver = false
  /** Columns of the rows that it wrote, by id, and the ids that it deleted: only what the server acknowledged. */
  written = new Map()
  deleted = []
  /** Acknowledged rows that a later call did not find. */
  lost = []
  inserted = 0

  constructor(number, rows, times) {
    Object.assign(this, { number, rows, times })
    this.ids = Array.from(
      { length: Math.floor((rows - number - 1) / CLIENTS) + 1 },
      (_, at) => 1 + number + at * CLIENTS,
    )
  }

  async start(url) {
    this.session = new pg.Client({ connectionString: url })
    this.session.on('error', () => {})
    await this.session.connect()
    this.working = this.work()
    // `stop` gives the error.
    this.working.catch(() => {})
  }

  async work() {
    try {
      while (!this.isOver) {
        await this.call(Math.random())
        await sleep(PAUSE)
      }
    } finally {
      await this.session.end().catch(() => {})
    }
  }

  call(part) {
    if (part < READS) return this.read()
    if (part < UPDATES && this.ids.length) return this.update()
    return part < INSERTS || !this.ids.length ? this.insert() : this.remove()
  }

  read() {
    const id = 1 + Math.floor(Math.random() * this.rows)
    return this.timed(this.times.reads, 'SELECT email FROM users WHERE id = $1', [id])
  }

  async update() {
    const id = this.ids[this.any()]
    const row = this.written.get(id) ?? { email: emailOf(id), name: nameOf(id), visits: 0 }
    const visits = row.visits + 1
    const result = await this.timed(this.times.writes, 'UPDATE users SET visits = $2 WHERE id = $1', [id, visits])
    if (result) this.found(id, result)
    if (result) this.written.set(id, { ...row, visits })
  }

  async insert() {
    const own = `${this.number} ${this.inserted + 1}`
    const row = { email: `Client ${own}`, name: `inserted ${own}`, visits: 0 }
    const sql = 'INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id'
    const result = await this.timed(this.times.writes, sql, [row.email, row.name])
    if (!result) return
    const id = Number(result.rows[0].id)
    this.inserted += 1
    this.ids.push(id)
    this.written.set(id, row)
  }

  async remove() {
    const at = this.any()
    const id = this.ids[at]
    const result = await this.timed(this.times.writes, 'DELETE FROM users WHERE id = $1', [id])
    if (!result) return
    this.found(id, result)
    this.ids[at] = this.ids.at(-1)
    this.ids.pop()
    this.written.delete(id)
    this.deleted.push(id)
  }

  any() {
    return Math.floor(Math.random() * this.ids.length)
  }

  found(id, { rowCount }) {
    if (rowCount !== 1) this.lost.push(id)
  }

  /** The result of a call, whose time is noted; nothing if the server refused it. */
  async timed(list, sql, values) {
    const began = performance.now()
    try {
      return await this.session.query(sql, values)
    } catch (error) {
      // Without an answer of the server it is unknown whether the row was written.
      if (!(error instanceof pg.DatabaseError)) throw error
      const { failures } = this.times
      failures.set(error.message, (failures.get(error.message) ?? 0) + 1)
    } finally {
      list.push(performance.now() - began)
    }
  }
}

/** Fails if the database does not have exactly the rows that the clients know of, with right values in the new columns. */
async function check(url, rows, clients, { name = 'name', wrong = 'false' }) {
  const session = new pg.Client({ connectionString: url })
  await session.connect()
  try {
    const written = clients.flatMap(client => [...client.written])
    const deleted = clients.flatMap(client => client.deleted)
    const count = rows + clients.reduce((sum, { inserted }) => sum + inserted, 0) - deleted.length
    const column = key => written.map(([, row]) => row[key])
    const lines = async (sql, values) => (await session.query(sql, values)).rows
    const faults = {
      'rows that a client did not find': clients.flatMap(({ lost }) => lost),
      'acknowledged rows that are missing or differ': await lines(
        `SELECT id FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) AS own (id, email, name, visits)
         LEFT JOIN users USING (id)
         WHERE (users.email, users.${name}, users.visits) IS DISTINCT FROM (own.email, own.name, own.visits)`,
        [written.map(([id]) => id), column('email'), column('name'), column('visits')],
      ),
      'deleted rows that still exist': await lines('SELECT id FROM users WHERE id = ANY ($1::bigint[])', [deleted]),
      'rows that no client wrote and that differ': await lines(
        `SELECT id FROM users WHERE id <= $2 AND id NOT IN (SELECT unnest($1::bigint[]))
         AND (email, ${name}, visits) IS DISTINCT FROM ('User' || id, 'the name of ' || id, 0)`,
        [written.map(([id]) => id), rows],
      ),
      [`another number of rows than ${count}`]: await lines(
        'SELECT count(*) AS rows FROM users HAVING count(*) <> $1',
        [count],
      ),
      'rows with wrong values in new columns': await lines(`SELECT id FROM users WHERE ${wrong}`),
      'invalid indexes': await lines('SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid'),
      'triggers left behind': await lines(
        `SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'users'::regclass`,
      ),
    }
    for (const [fault, list] of Object.entries(faults))
      if (list.length) throw new Failure(`bench: ${fault} (${list.length}): ${JSON.stringify(list.slice(0, 5))}`)
  } finally {
    await session.end()
  }
}
