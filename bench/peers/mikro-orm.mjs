// MikroORM on both databases. Each call has a context of its own, as each request of a service has.
import { BigIntType, EntitySchema, raw } from '@mikro-orm/core'
import { POOL } from './postgres-values.mjs'
import { PRAGMAS } from './sqlite-values.mjs'

function entitiesOf(types) {
  const id = { type: types.key, primary: true, autoincrement: true }
  const text = { type: 'text' }
  const date = { type: 'datetime', length: 3 }
  const events = new EntitySchema({
    name: 'Event',
    tableName: 'events',
    properties: {
      id,
      createdAt: date,
      updatedAt: date,
      payload: { type: 'json' },
      active: { type: 'boolean' },
      note: { type: 'text', nullable: true },
      score: { type: 'double' },
      title: text,
      email: { type: 'text', unique: true },
      city: text,
      kind: text,
      token: text,
    },
  })
  const users = new EntitySchema({
    name: 'User',
    tableName: 'users',
    properties: {
      id,
      name: text,
      email: text,
      posts: { kind: '1:m', entity: () => posts, mappedBy: 'user', orderBy: { id: 'asc' } },
    },
  })
  const posts = new EntitySchema({
    name: 'Post',
    tableName: 'posts',
    properties: {
      id,
      user: { kind: 'm:1', entity: () => users, fieldName: 'user_id' },
      title: text,
      published: { type: 'boolean' },
      createdAt: date,
      comments: { kind: '1:m', entity: () => comments, mappedBy: 'post', orderBy: { id: 'asc' } },
    },
  })
  const comments = new EntitySchema({
    name: 'Comment',
    tableName: 'comments',
    properties: { id, post: { kind: 'm:1', entity: () => posts, fieldName: 'post_id' }, body: text, createdAt: date },
  })
  return { events, users, posts, comments }
}

async function connect({ database, file, url }, all) {
  const entities = Object.values(all)
  if (database === 'postgres') {
    const { MikroORM } = await import('@mikro-orm/postgresql')
    const pool = { min: 0, max: POOL }
    return MikroORM.init({ clientUrl: url, entities, pool, debug: false })
  }
  const { MikroORM } = await import('@mikro-orm/sqlite')
  const orm = await MikroORM.init({ dbName: file, entities, debug: false })
  // Its one connection is opened by now.
  for (const pragma of PRAGMAS) await orm.em.getConnection().execute(`PRAGMA ${pragma}`)
  return orm
}

export async function open(place) {
  const { events, users, ...others } = entitiesOf({
    key: place.database === 'postgres' ? new BigIntType('number') : 'integer',
  })
  const orm = await connect(place, { events, users, ...others })
  const fork = () => orm.em.fork()
  const orderBy = { id: 'asc' }
  const list = (after, limit) => fork().find(events, { id: { $gt: after } }, { orderBy, limit })
  const parents = populate => (after, limit) => fork().find(users, { id: { $gt: after } }, { orderBy, limit, populate })
  return {
    convert,
    get: id => fork().findOne(events, id),
    list,
    async page(cursor, size) {
      const rows = await list(cursor ?? 0, size + 1)
      if (rows.length <= size) return { rows, next: null }
      return { rows: rows.slice(0, size), next: rows[size - 1].id }
    },
    find: email => fork().findOne(events, { email }),
    exists: async email => (await fork().count(events, { email }, { limit: 1 })) > 0,
    count: () => fork().count(events),
    groupBy: async () =>
      (
        await fork()
          .createQueryBuilder(events, 'e')
          .select(['city', raw('count(*) as count'), raw('sum(score) as sum')])
          .groupBy('city')
          .orderBy({ city: 'asc' })
          .execute('all')
      ).map(group => ({ ...group, count: Number(group.count) })),
    stream: () => fork().stream(events, { orderBy }),
    nested: parents(['posts']),
    include: parents(['posts.comments']),
    async create(row) {
      const em = fork()
      const made = em.create(events, row)
      em.persist(made)
      await em.flush()
      return made
    },
    update: (id, values) => fork().nativeUpdate(events, { id }, values),
    upsert: row => fork().upsert(events, row, { onConflictFields: ['email'] }),
    createMany: rows => fork().transactional(em => em.insertMany(events, rows)),
    transaction: rows =>
      fork().transactional(async em => {
        for (const row of rows) em.persist(em.create(events, row))
      }),
    ...(place.database === 'sqlite' && {
      synchronous: async () => (await orm.em.getConnection().execute('PRAGMA synchronous'))[0].synchronous,
    }),
    run: sql => orm.em.getConnection().execute(sql),
    close: () => orm.close(true),
  }
}

/** For the comparison of results alone: an entity has its parent in the place of the parent's key. */
function convert(entity) {
  if (entity.posts) return { ...entity, posts: Array.from(entity.posts, convert) }
  if (entity.user) return { ...entity, userId: entity.user.id, comments: children(entity.comments) }
  return entity.post ? { ...entity, postId: entity.post.id } : entity
}

const children = comments => (comments.isInitialized() ? Array.from(comments, convert) : [])
