// kysely on both databases. It converts no values: dates, JSON and booleans of SQLite are converted here, as its users do.
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import { COLUMNS, FIELDS } from '../data.mjs'
import { numbers, POOL } from './postgres-values.mjs'
import { dateTo, PRAGMAS, toComment, toEvent, toPost } from './sqlite-values.mjs'

const SELECTED = ['id', ...COLUMNS.map((column, i) => (column === FIELDS[i] ? column : `${column} as ${FIELDS[i]}`))]
const same = value => value

async function onSqlite({ file, dates }) {
  const { default: Database } = await import('better-sqlite3')
  const { jsonArrayFrom } = await import('kysely/helpers/sqlite')
  const client = new Database(file)
  for (const pragma of PRAGMAS) client.pragma(pragma)
  const date = dateTo(dates)
  return {
    db: new Kysely({ dialect: new SqliteDialect({ database: client }) }),
    jsonArrayFrom,
    run: text => client.exec(text),
    synchronous: () => client.pragma('synchronous', { simple: true }),
    event: toEvent,
    post: toPost,
    comment: toComment,
    children: JSON.parse,
    values: r => columns(r, date(r.createdAt), date(r.updatedAt), r.active ? 1 : 0),
  }
}

/** A row by the names of its columns; dates and booleans as the database takes them. */
const columns = (r, createdAt, updatedAt, active) => ({
  created_at: createdAt,
  updated_at: updatedAt,
  payload: JSON.stringify(r.payload),
  active,
  note: r.note,
  score: r.score,
  title: r.title,
  email: r.email,
  city: r.city,
  kind: r.kind,
  token: r.token,
})

async function onPostgres({ url }) {
  const { default: pg } = await import('pg')
  const { jsonArrayFrom } = await import('kysely/helpers/postgres')
  const { default: Cursor } = await import('pg-cursor')
  const pool = new pg.Pool({ connectionString: url, max: POOL, types: numbers(pg) })
  pool.on('error', () => {})
  const dated = row => ({ ...row, createdAt: new Date(row.createdAt) })
  return {
    db: new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) }),
    jsonArrayFrom,
    run: text => pool.query(text),
    event: same,
    post: dated,
    comment: dated,
    children: same,
    values: r => columns(r, r.createdAt, r.updatedAt, r.active),
  }
}

/** Rows of one INSERT: both databases have a limit on parameters. */
const BATCH = 500

export async function open(place) {
  const own = await (place.database === 'sqlite' ? onSqlite : onPostgres)(place)
  const { db, jsonArrayFrom } = own
  const events = () => db.selectFrom('events').select(SELECTED)
  const list = async (after, limit) =>
    (await events().where('id', '>', after).orderBy('id').limit(limit).execute()).map(own.event)
  const comments = query =>
    jsonArrayFrom(
      query
        .selectFrom('comments')
        .select(['comments.id', 'comments.post_id as postId', 'comments.body', 'comments.created_at as createdAt'])
        .whereRef('comments.post_id', '=', 'posts.id')
        .orderBy('comments.id'),
    ).as('comments')
  const posts = deep => query => {
    const found = query
      .selectFrom('posts')
      .select([
        'posts.id',
        'posts.user_id as userId',
        'posts.title',
        'posts.published',
        'posts.created_at as createdAt',
      ])
      .whereRef('posts.user_id', '=', 'users.id')
      .orderBy('posts.id')
    return jsonArrayFrom(deep ? found.select(comments) : found).as('posts')
  }
  const users = deep => (after, limit) =>
    db
      .selectFrom('users')
      .select(['users.id', 'users.name', 'users.email'])
      .select(posts(deep))
      .where('users.id', '>', after)
      .orderBy('users.id')
      .limit(limit)
      .execute()
  const insert = (on, row) => on.insertInto('events').values(own.values(row))
  const create = async (on, row) => {
    const { id } = await insert(on, row).returning('id').executeTakeFirstOrThrow()
    return { id: Number(id), ...row }
  }
  return {
    get: async id => own.event(await events().where('id', '=', id).executeTakeFirst()),
    list,
    async page(cursor, size) {
      const rows = await list(cursor ?? 0, size + 1)
      if (rows.length <= size) return { rows, next: null }
      return { rows: rows.slice(0, size), next: rows[size - 1].id }
    },
    find: async email => own.event(await events().where('email', '=', email).limit(1).executeTakeFirst()),
    exists: async email =>
      (await db.selectFrom('events').select('id').where('email', '=', email).limit(1).executeTakeFirst()) !== undefined,
    count: async () =>
      Number((await db.selectFrom('events').select(db.fn.countAll().as('n')).executeTakeFirstOrThrow()).n),
    groupBy: async () =>
      (
        await db
          .selectFrom('events')
          .select(['city', db.fn.countAll().as('count'), db.fn.sum('score').as('sum')])
          .groupBy('city')
          .orderBy('city')
          .execute()
      ).map(group => ({ ...group, count: Number(group.count) })),
    async *stream() {
      for await (const row of events().orderBy('id').stream(500)) yield own.event(row)
    },
    nested: async (after, limit) =>
      (await users(false)(after, limit)).map(user => ({ ...user, posts: own.children(user.posts).map(own.post) })),
    include: async (after, limit) =>
      (await users(true)(after, limit)).map(user => ({
        ...user,
        posts: own.children(user.posts).map(post => ({
          ...own.post(post),
          comments: own.children(post.comments).map(own.comment),
        })),
      })),
    create: row => create(db, row),
    update: (id, values) => db.updateTable('events').set(values).where('id', '=', id).execute(),
    upsert(row) {
      const values = own.values(row)
      return insert(db, row)
        .onConflict(conflict => conflict.column('email').doUpdateSet(values))
        .execute()
    },
    createMany: rows =>
      db.transaction().execute(async tx => {
        for (let at = 0; at < rows.length; at += BATCH)
          await tx
            .insertInto('events')
            .values(rows.slice(at, at + BATCH).map(own.values))
            .execute()
      }),
    transaction: rows =>
      db.transaction().execute(async tx => {
        for (const row of rows) await create(tx, row)
      }),
    run: own.run,
    synchronous: own.synchronous,
    close: () => db.destroy(),
  }
}
