// drizzle, as its builder is written at each call ("plain") or prepared once, on both databases.
import { asc, count, eq, gt, relations, sql, sum } from 'drizzle-orm'
import { FIELDS } from '../data.mjs'
import { POOL } from './postgres-values.mjs'
import { PRAGMAS } from './sqlite-values.mjs'

/** The tables of a database; its `types` make the columns. */
function tablesOf(table, types) {
  const { key, date, json, boolean, real, text, reference } = types
  const events = table('events', {
    id: key(),
    createdAt: date('created_at').notNull(),
    updatedAt: date('updated_at').notNull(),
    payload: json('payload').notNull(),
    active: boolean('active').notNull(),
    note: text('note'),
    score: real('score').notNull(),
    title: text('title').notNull(),
    email: text('email').notNull(),
    city: text('city').notNull(),
    kind: text('kind').notNull(),
    token: text('token').notNull(),
  })
  const users = table('users', { id: key(), name: text('name').notNull(), email: text('email').notNull() })
  const posts = table('posts', {
    id: key(),
    userId: reference('user_id').notNull(),
    title: text('title').notNull(),
    published: boolean('published').notNull(),
    createdAt: date('created_at').notNull(),
  })
  const comments = table('comments', {
    id: key(),
    postId: reference('post_id').notNull(),
    body: text('body').notNull(),
    createdAt: date('created_at').notNull(),
  })
  return {
    events,
    users,
    posts,
    comments,
    ofUsers: relations(users, ({ many }) => ({ posts: many(posts) })),
    ofPosts: relations(posts, ({ one, many }) => ({
      user: one(users, { fields: [posts.userId], references: [users.id] }),
      comments: many(comments),
    })),
    ofComments: relations(comments, ({ one }) => ({
      post: one(posts, { fields: [comments.postId], references: [posts.id] }),
    })),
  }
}

async function onSqlite({ file }) {
  const [{ default: Database }, { drizzle }, core] = await Promise.all([
    import('better-sqlite3'),
    import('drizzle-orm/better-sqlite3'),
    import('drizzle-orm/sqlite-core'),
  ])
  const client = new Database(file)
  for (const pragma of PRAGMAS) client.pragma(pragma)
  const tables = tablesOf(core.sqliteTable, {
    key: () => core.integer('id').primaryKey({ autoIncrement: true }),
    date: name => core.integer(name, { mode: 'timestamp_ms' }),
    json: name => core.text(name, { mode: 'json' }),
    boolean: name => core.integer(name, { mode: 'boolean' }),
    real: core.real,
    text: core.text,
    reference: core.integer,
  })
  const db = drizzle(client, { schema: tables })
  const calls = { all: query => query.all(), one: query => query.get(), many: query => query.sync(), set: q => q.run() }
  const run = text => client.exec(text)
  const synchronous = () => client.pragma('synchronous', { simple: true })
  return { db, tables, calls, sync: true, run, synchronous, close: () => client.close() }
}

async function onPostgres({ url }) {
  const [{ default: pg }, { drizzle }, core] = await Promise.all([
    import('pg'),
    import('drizzle-orm/node-postgres'),
    import('drizzle-orm/pg-core'),
  ])
  const client = new pg.Pool({ connectionString: url, max: POOL })
  client.on('error', () => {})
  const tables = tablesOf(core.pgTable, {
    key: () => core.bigserial('id', { mode: 'number' }).primaryKey(),
    date: name => core.timestamp(name, { withTimezone: true, precision: 3, mode: 'date' }),
    json: core.jsonb,
    boolean: core.boolean,
    real: core.doublePrecision,
    text: core.text,
    reference: name => core.bigint(name, { mode: 'number' }),
  })
  const db = drizzle(client, { schema: tables })
  const execute = query => query.execute()
  const calls = { all: execute, one: async query => (await query.execute())[0], many: execute, set: execute }
  return { db, tables, calls, sync: false, run: text => client.query(text), close: () => client.end() }
}

export async function open(place) {
  const opened = await (place.database === 'sqlite' ? onSqlite : onPostgres)(place)
  const { sync, run, synchronous, close } = opened
  return { sync, run, synchronous, close, ...(place.prepared ? prepared : plain)(opened) }
}

/** Results of both databases as one form: `then` runs at once if the driver is synchronous. */
const chain = sync => (sync ? (value, next) => next(value) : async (value, next) => next(await value))

const inOne = group => ({ city: group.city, count: group.count, sum: Number(group.sum) })

function queries({ db, tables: { events, users, posts, comments } }) {
  const children = { orderBy: asc(posts.id) }
  const grand = { ...children, with: { comments: { orderBy: asc(comments.id) } } }
  return {
    get: id => db.select().from(events).where(eq(events.id, id)),
    list: (after, limit) => db.select().from(events).where(gt(events.id, after)).orderBy(asc(events.id)).limit(limit),
    find: email => db.select().from(events).where(eq(events.email, email)).limit(1),
    exists: email => db.select({ id: events.id }).from(events).where(eq(events.email, email)).limit(1),
    count: () => db.select({ n: count() }).from(events),
    groupBy: () =>
      db
        .select({ city: events.city, count: count(), sum: sum(events.score) })
        .from(events)
        .groupBy(events.city)
        .orderBy(asc(events.city)),
    nested: (after, limit) =>
      db.query.users.findMany({ where: gt(users.id, after), orderBy: asc(users.id), limit, with: { posts: children } }),
    include: (after, limit) =>
      db.query.users.findMany({ where: gt(users.id, after), orderBy: asc(users.id), limit, with: { posts: grand } }),
    create: row => db.insert(events).values(row).returning(),
    update: (id, values) => db.update(events).set(values).where(eq(events.id, id)),
    upsert: row => db.insert(events).values(row).onConflictDoUpdate({ target: events.email, set: row }),
  }
}

/** Rows of one INSERT: both databases have a limit on parameters. */
const BATCH = 500

function plain(opened) {
  const { db, calls, sync, tables } = opened
  const make = queries(opened)
  const then = chain(sync)
  const list = (after, limit) => calls.all(make.list(after, limit))
  const inserts = rows =>
    Array.from({ length: Math.ceil(rows.length / BATCH) }, (_, i) => rows.slice(i * BATCH, (i + 1) * BATCH))
  return {
    get: id => calls.one(make.get(id)),
    list,
    page: (cursor, size) => then(list(cursor ?? 0, size + 1), rows => pageOf(rows, size)),
    find: email => calls.one(make.find(email)),
    exists: email => then(calls.all(make.exists(email)), rows => rows.length > 0),
    count: () => then(calls.one(make.count()), row => row.n),
    groupBy: () => then(calls.all(make.groupBy()), rows => rows.map(inOne)),
    nested: (after, limit) => calls.many(make.nested(after, limit)),
    include: (after, limit) => calls.many(make.include(after, limit)),
    create: row => calls.one(make.create(row)),
    update: (id, values) => calls.set(make.update(id, values)),
    upsert: row => calls.set(make.upsert(row)),
    createMany: sync
      ? rows =>
          db.transaction(tx => {
            for (const batch of inserts(rows)) tx.insert(tables.events).values(batch).run()
          })
      : rows =>
          db.transaction(async tx => {
            for (const batch of inserts(rows)) await tx.insert(tables.events).values(batch)
          }),
    transaction: sync
      ? rows =>
          db.transaction(tx => {
            for (const row of rows) tx.insert(tables.events).values(row).returning().get()
          })
      : rows =>
          db.transaction(async tx => {
            for (const row of rows) await tx.insert(tables.events).values(row).returning()
          }),
  }
}

/** A page by its key: one more row was asked for, which shows whether there is another page. */
function pageOf(rows, size) {
  if (rows.length <= size) return { rows, next: null }
  return { rows: rows.slice(0, size), next: rows[size - 1].id }
}

/** The same queries with placeholders, prepared once; what cannot be prepared is absent. */
function prepared(opened) {
  const { sync } = opened
  const make = queries(opened)
  const then = chain(sync)
  const at = name => sql.placeholder(name)
  const row = Object.fromEntries(FIELDS.map(field => [field, at(field)]))
  const own = Object.fromEntries(
    Object.entries({
      get: make.get(at('id')),
      list: make.list(at('after'), at('limit')),
      find: make.find(at('email')),
      exists: make.exists(at('email')),
      count: make.count(),
      groupBy: make.groupBy(),
      nested: make.nested(at('after'), at('limit')),
      include: make.include(at('after'), at('limit')),
      create: make.create(row),
      update: make.update(at('id'), { title: at('title'), score: at('score') }),
    }).map(([name, query]) => [name, query.prepare(`bench_${name}`)]),
  )
  const all = (query, values) => (sync ? query.all(values) : query.execute(values))
  const one = (query, values) => (sync ? query.get(values) : query.execute(values).then(rows => rows[0]))
  const many = (query, values) => (sync ? query.execute(values).sync() : query.execute(values))
  const list = (after, limit) => all(own.list, { after, limit })
  return {
    get: id => one(own.get, { id }),
    list,
    page: (cursor, size) => then(list(cursor ?? 0, size + 1), rows => pageOf(rows, size)),
    find: email => one(own.find, { email }),
    exists: email => then(all(own.exists, { email }), rows => rows.length > 0),
    count: () => then(one(own.count), row => row.n),
    groupBy: () => then(all(own.groupBy), rows => rows.map(inOne)),
    nested: (after, limit) => many(own.nested, { after, limit }),
    include: (after, limit) => many(own.include, { after, limit }),
    create: values => one(own.create, values),
    update: (id, values) => (sync ? own.update.run({ id, ...values }) : own.update.execute({ id, ...values })),
  }
}
