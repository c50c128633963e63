// TypeORM on both databases, through its repositories.
import 'reflect-metadata'
import { DataSource, EntitySchema, MoreThan } from 'typeorm'
import { FIELDS } from '../data.mjs'
import { POOL } from './postgres-values.mjs'
import { PRAGMAS } from './sqlite-values.mjs'

const required = { nullable: false }
const column = (name, type, more = {}) => ({ name, type, ...required, ...more })

/** The entities of a database; `types` names its types. */
function entities(types) {
  const id = { type: types.key, primary: true, generated: 'increment', ...types.asNumber }
  const text = name => column(name, 'text')
  const date = name => column(name, ...types.date)
  const reference = name => column(name, types.key, types.asNumber)
  const events = new EntitySchema({
    name: 'events',
    columns: {
      id,
      createdAt: date('created_at'),
      updatedAt: date('updated_at'),
      payload: column('payload', types.json),
      active: column('active', 'boolean'),
      note: { name: 'note', type: 'text', nullable: true },
      score: column('score', types.real),
      title: text('title'),
      email: { ...text('email'), unique: true },
      city: text('city'),
      kind: text('kind'),
      token: text('token'),
    },
  })
  const users = new EntitySchema({
    name: 'users',
    columns: { id, name: text('name'), email: text('email') },
    relations: { posts: { type: 'one-to-many', target: 'posts', inverseSide: 'user' } },
  })
  const posts = new EntitySchema({
    name: 'posts',
    columns: {
      id,
      userId: reference('user_id'),
      title: text('title'),
      published: column('published', 'boolean'),
      createdAt: date('created_at'),
    },
    relations: {
      user: { type: 'many-to-one', target: 'users', inverseSide: 'posts', joinColumn: { name: 'user_id' } },
      comments: { type: 'one-to-many', target: 'comments', inverseSide: 'post' },
    },
  })
  const comments = new EntitySchema({
    name: 'comments',
    columns: { id, postId: reference('post_id'), body: text('body'), createdAt: date('created_at') },
    relations: {
      post: { type: 'many-to-one', target: 'posts', inverseSide: 'comments', joinColumn: { name: 'post_id' } },
    },
  })
  return [events, users, posts, comments]
}

const toNumber = { transformer: { to: value => value, from: value => (value === null ? null : Number(value)) } }
const asInteger = { transformer: { to: date => date?.getTime(), from: number => new Date(number) } }

function onSqlite({ file, dates }) {
  return {
    type: 'better-sqlite3',
    database: file,
    prepareDatabase: db => {
      for (const pragma of PRAGMAS) db.pragma(pragma)
    },
    entities: entities({
      key: 'integer',
      date: dates === 'integer' ? ['integer', asInteger] : ['datetime'],
      json: 'simple-json',
      real: 'real',
    }),
  }
}

function onPostgres({ url }) {
  return {
    type: 'postgres',
    url,
    extra: { max: POOL },
    entities: entities({
      key: 'bigint',
      asNumber: toNumber,
      date: ['timestamptz', { precision: 3 }],
      json: 'jsonb',
      real: 'double precision',
    }),
  }
}

export async function open(place) {
  const source = await new DataSource((place.database === 'sqlite' ? onSqlite : onPostgres)(place)).initialize()
  const events = source.getRepository('events')
  const users = source.getRepository('users')
  const order = { id: 'ASC' }
  const list = (after, take) => events.find({ where: { id: MoreThan(after) }, order, take })
  // An order of the children as well would make `take` count the children.
  const parents = relations => (after, take) => users.find({ where: { id: MoreThan(after) }, order, take, relations })
  return {
    get: id => events.findOneBy({ id }),
    list,
    async page(cursor, size) {
      const rows = await list(cursor ?? 0, size + 1)
      if (rows.length <= size) return { rows, next: null }
      return { rows: rows.slice(0, size), next: rows[size - 1].id }
    },
    find: email => events.findOneBy({ email }),
    exists: email => events.existsBy({ email }),
    count: () => events.count(),
    groupBy: async () =>
      (
        await events
          .createQueryBuilder('e')
          .select('e.city', 'city')
          .addSelect('COUNT(*)', 'count')
          .addSelect('SUM(e.score)', 'sum')
          .groupBy('e.city')
          .orderBy('e.city')
          .getRawMany()
      ).map(group => ({ ...group, count: Number(group.count) })),
    nested: parents({ posts: true }),
    include: parents({ posts: { comments: true } }),
    create: row => events.save({ ...row }),
    update: (id, values) => events.update(id, values),
    upsert: row => events.upsert({ ...row }, ['email']),
    createMany: rows =>
      source.transaction(async manager => {
        for (let at = 0; at < rows.length; at += BATCH)
          await manager.insert(
            'events',
            rows.slice(at, at + BATCH).map(row => ({ ...row })),
          )
      }),
    transaction: rows =>
      source.transaction(async manager => {
        for (const row of rows) await manager.save('events', { ...row })
      }),
    // Its stream gives rows without entities, and needs pg-query-stream; on SQLite it has none.
    ...(place.database === 'postgres' && {
      async *stream() {
        const query = events.createQueryBuilder('e').select('e.id', 'id').orderBy('e.id')
        for (const field of FIELDS) query.addSelect(`e.${field}`, field)
        for await (const row of await query.stream()) yield { ...row, id: Number(row.id) }
      },
    }),
    ...(place.database === 'sqlite' && {
      synchronous: async () => (await source.query('PRAGMA synchronous'))[0].synchronous,
    }),
    run: sql => source.query(sql),
    close: () => source.destroy(),
  }
}

/** Rows of one INSERT: both databases have a limit on parameters. */
const BATCH = 500
