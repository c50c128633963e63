// pg, used by hand: named statements on a pool, or on clients that pipeline.
import pg from 'pg'
import { numbers, POOL, toSent } from './postgres-values.mjs'
import { attach, insertEvents, statements } from './sql.mjs'

const place = n => `$${n}`
export const SQL = statements({ place, within: n => `= ANY($${n})`, count: 'count(*)::int' })

/** Rows of one INSERT: with fewer and with more it is slower. */
const BATCH = 250

/** Streams of pg are a package of their own, which only the benchmark installs. */
const QueryStream = await import('pg-query-stream').then(
  module => module.default,
  () => null,
)

/** `stored`: as the driver gives plain columns: keys are text, names snake_case. `pipelined`: clients that send before answers came. */
export async function open({ url, stored, pipelined }) {
  const connect = async options => {
    const client = new pg.Client({ connectionString: url, types: numbers(pg), ...options })
    // The end of the server while a benchmark fails is not the failure to report.
    client.on('error', () => {})
    await client.connect()
    return client
  }
  if (pipelined) return pipelines(await Promise.all(Array.from({ length: POOL }, () => connect({ pipeline: true }))))
  const pool = new pg.Pool({ connectionString: url, max: POOL, ...(!stored && { types: numbers(pg) }) })
  pool.on('error', () => {})
  const ask = on => async (name, values) => (await on.query({ name, text: SQL[name], values })).rows
  const all = ask(pool)
  const one = async (name, values) => (await all(name, values))[0]
  const run = sql => pool.query(sql)
  const close = () => pool.end()
  if (stored)
    return {
      convert: fromPlain,
      get: id => one('getPlain', [id]),
      list: (after, limit) => all('listPlain', [after, limit]),
      run,
      close,
    }
  const create = on => async row => {
    const { rows } = await on.query({ name: 'create', text: `${SQL.create} RETURNING id`, values: toSent(row) })
    return { id: rows[0].id, ...row }
  }
  const inTransaction = async work => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      await work(client)
      await client.query('COMMIT')
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }
  return {
    ...reads(all),
    ...(QueryStream && {
      async *stream() {
        const client = await pool.connect()
        try {
          yield* client.query(new QueryStream(SQL.all, [], { batchSize: 500, types: numbers(pg) }))
        } finally {
          client.release()
        }
      },
    }),
    create: create(pool),
    update: (id, { title, score }) => all('update', [title, score, id]),
    upsert: row => all('upsert', toSent(row)),
    createMany: rows =>
      inTransaction(async client => {
        for (let at = 0; at < rows.length; at += BATCH) {
          const batch = rows.slice(at, at + BATCH)
          const text = insertEvents(place, batch.length)
          await client.query({ name: `insert ${batch.length}`, text, values: batch.flatMap(toSent) })
        }
      }),
    transaction: rows =>
      inTransaction(async client => {
        for (const row of rows) await create(client)(row)
      }),
    run,
    close,
  }
}

/** The reads of a driver; `all(name, values)` gives the rows of a statement. */
export function reads(all) {
  const one = async (name, values) => (await all(name, values))[0]
  const list = (after, limit) => all('list', [after, limit])
  const nested = async (after, limit) => {
    const users = await all('users', [after, limit])
    return attach(users, await all('posts', [users.map(user => user.id)]), 'userId', 'posts')
  }
  return {
    get: id => one('get', [id]),
    list,
    async page(cursor, size) {
      const rows = Array.from(await list(cursor ?? 0, size + 1))
      if (rows.length <= size) return { rows, next: null }
      rows.pop()
      return { rows, next: rows[size - 1].id }
    },
    find: email => one('find', [email]),
    exists: async email => (await one('exists', [email])).found,
    count: async () => (await one('count', [])).n,
    groupBy: () => all('groupBy', []),
    nested,
    async include(after, limit) {
      const users = await nested(after, limit)
      const posts = users.flatMap(user => user.posts)
      attach(posts, await all('comments', [posts.map(post => post.id)]), 'postId', 'comments')
      return users
    },
  }
}

/** Single statements, in turn on so many clients; two are enough for reads. */
function pipelines(clients) {
  let turn = 0
  const next = n => clients[turn++ % n]
  return {
    get: async id => (await next(2).query({ name: 'get', text: SQL.get, values: [id] })).rows[0],
    list: async (after, limit) => (await next(2).query({ name: 'list', text: SQL.list, values: [after, limit] })).rows,
    create: async row => {
      const { rows } = await next(POOL).query({
        name: 'create',
        text: `${SQL.create} RETURNING id`,
        values: toSent(row),
      })
      return { id: rows[0].id, ...row }
    },
    run: sql => clients[0].query(sql),
    close: () => Promise.all(clients.map(client => client.end())),
  }
}

/** The fields of plain columns, for the comparison of results alone. */
export const fromPlain = ({ created_at: createdAt, updated_at: updatedAt, ...row }) => ({
  ...row,
  id: Number(row.id),
  createdAt,
  updatedAt,
})
