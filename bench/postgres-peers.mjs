// The drivers that Plinth is measured against on PostgreSQL, used by hand as well as we know how: prepared statements, pipelines.
import pg from 'pg'
import postgres from 'postgres'
import { COLUMNS, FIELDS } from './rows.mjs'

/** Connections of a pool, as `open` has them by default. */
const POOL = 10
/** Rows of one INSERT: with fewer and with more both are slower. */
const BATCH = 250

const INT8 = 20
const fields = COLUMNS.map((column, i) => (column === FIELDS[i] ? column : `${column} AS "${FIELDS[i]}"`)).join(', ')
const plain = ['id', ...COLUMNS].join(', ')
const place = (row, column) => `$${row * COLUMNS.length + column + 1}`
const tuple = (_, row) => `(${COLUMNS.map((_, column) => place(row, column)).join(', ')})`
const insert = (table, rows, returning) =>
  `INSERT INTO ${table} (${COLUMNS.join(', ')}) VALUES ${Array.from({ length: rows }, tuple).join(', ')}${returning}`

/** The batches of rows, of BATCH each. */
const batches = rows => Array.from({ length: rows.length / BATCH }, (_, i) => rows.slice(i * BATCH, (i + 1) * BATCH))
/** Values that the database made are added to the passed ones. */
const whole = (rows, ids) => rows.map((row, i) => ({ id: ids[i], ...row }))

const SELECT = {
  get: `SELECT id, ${fields} FROM events WHERE id = $1`,
  list: `SELECT id, ${fields} FROM events WHERE id > $1 ORDER BY id LIMIT 1000`,
  all: `SELECT id, ${fields} FROM events ORDER BY id`,
  byCity: 'SELECT city, count(*)::int AS count, sum(score) AS sum FROM events GROUP BY city ORDER BY city',
  getPlain: `SELECT ${plain} FROM events WHERE id = $1`,
  listPlain: `SELECT ${plain} FROM events WHERE id > $1 ORDER BY id LIMIT 1000`,
}
const INSERT = {
  create: insert('events', 1, ' RETURNING id'),
  import: insert('imports', BATCH, ''),
  importKeys: insert('imports', BATCH, ' RETURNING id'),
}

/** Text of dates and JSON made here: the driver's own for a Date writes the local time, and takes longer. */
const toSent = r => [
  r.createdAt.toISOString(),
  r.updatedAt.toISOString(),
  JSON.stringify(r.payload),
  r.active,
  r.note,
  r.score,
  r.title,
  r.email,
  r.city,
  r.kind,
  r.token,
]

/** `pg`: named statements. One client for one call at a time; for many a pool, or clients that pipeline. */
export async function pgPeer(url) {
  const types = { getTypeParser: (oid, format) => (oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) }
  const connect = async options => {
    const client = new pg.Client({ connectionString: url, types, ...options })
    // A server that ends while a benchmark fails is not the failure to tell of.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const client = await connect()
  const asGiven = await connect({ types: undefined })
  const pool = new pg.Pool({ connectionString: url, types, max: POOL })
  pool.on('error', () => {})
  const pipelines = await Promise.all(Array.from({ length: POOL }, () => connect({ pipeline: true })))
  let turn = 0

  const get = by => async id => (await by.query({ name: 'get', text: SELECT.get, values: [id] })).rows[0]
  const create = by => async row => {
    const { rows } = await by.query({ name: 'create', text: INSERT.create, values: toSent(row) })
    return { id: rows[0].id, ...row }
  }
  /** The batches of an import in one transaction, all sent before the first is answered. */
  const imported = async (name, rows) => {
    const sent = [pipelines[0].query('BEGIN')]
    for (const batch of batches(rows)) {
      sent.push(pipelines[0].query({ name, text: INSERT[name], values: batch.flatMap(toSent) }))
    }
    sent.push(pipelines[0].query('COMMIT'))
    return (await Promise.all(sent)).slice(1, -1)
  }
  /** The client whose turn it is, of so many. */
  const next = clients => pipelines[turn++ % clients]
  return {
    get: get(client),
    getAsGiven: async id => (await asGiven.query({ name: 'get', text: SELECT.getPlain, values: [id] })).rows[0],
    getPooled: get(pool),
    getPipelined: id => get(next(2))(id),
    list: async id => (await client.query({ name: 'list', text: SELECT.list, values: [id] })).rows,
    listAsGiven: async id => (await asGiven.query({ name: 'list', text: SELECT.listPlain, values: [id] })).rows,
    byCity: async () => (await client.query({ name: 'byCity', text: SELECT.byCity })).rows,
    create: create(client),
    createPooled: create(pool),
    createPipelined: row => create(next(POOL))(row),
    createMany: async rows => {
      const results = await imported('importKeys', rows)
      return whole(
        rows,
        results.flatMap(result => result.rows.map(row => row.id)),
      )
    },
    createManyKeyless: rows => imported('import', rows),
    run: async sql => (await client.query(sql)).rows,
    close: () => Promise.all([client, asGiven, pool, ...pipelines].map(it => it.end())),
  }
}

/** `postgres`: prepares and pipelines by itself. */
export async function postgresPeer(url) {
  const options = { max: POOL, onnotice: () => {} }
  const sql = postgres(url, {
    ...options,
    types: { bigint: { to: INT8, from: [INT8], parse: Number, serialize: String } },
  })
  const asGiven = postgres(url, options)
  const prepare = { prepare: true }
  // Its form of a Date and of an object fits a column of that type.
  const values = r => FIELDS.map(field => r[field])
  const imported = (name, rows) =>
    sql.begin(own => batches(rows).map(batch => own.unsafe(INSERT[name], batch.flatMap(values), prepare)))
  return {
    get: async id => (await sql.unsafe(SELECT.get, [id], prepare))[0],
    getAsGiven: async id => (await asGiven.unsafe(SELECT.getPlain, [id], prepare))[0],
    list: id => sql.unsafe(SELECT.list, [id], prepare),
    listAsGiven: id => asGiven.unsafe(SELECT.listPlain, [id], prepare),
    /** So many rows at once, as ours are fetched. */
    async *stream() {
      for await (const rows of sql.unsafe(SELECT.all, [], prepare).cursor(500)) yield* rows
    },
    byCity: () => sql.unsafe(SELECT.byCity, [], prepare),
    create: async row => {
      const [made] = await sql.unsafe(INSERT.create, values(row), prepare)
      return { id: made.id, ...row }
    },
    createMany: async rows => {
      const results = await imported('importKeys', rows)
      return whole(
        rows,
        results.flatMap(result => result.map(row => row.id)),
      )
    },
    createManyKeyless: rows => imported('import', rows),
    run: text => sql.unsafe(text),
    close: () => Promise.all([sql.end(), asGiven.end()]),
  }
}
