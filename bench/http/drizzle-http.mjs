// The requests on drizzle, prepared once.
import { asc, eq, like, relations, sql } from 'drizzle-orm'
import { POOL } from '../peers/postgres-values.mjs'
import { PRAGMAS } from '../peers/sqlite-values.mjs'
import { columnsOf, SEARCHED, TABLES } from './tables.mjs'

function schemaOf(table, types) {
  const all = {}
  for (const name of Object.keys(TABLES)) {
    const columns = { id: types.key() }
    for (const { field, column, kind, nullable, to } of columnsOf(name)) {
      const own = types[kind](column)
      const made = nullable ? own : own.notNull()
      columns[field] = to ? made.references(() => all[to].id) : made
    }
    all[name] = table(name, columns)
  }
  const { details, employees, orders, products, suppliers } = all
  const link = (own, key, other) => ({ fields: [own[key]], references: [other.id] })
  return {
    ...all,
    ofEmployees: relations(employees, ({ one }) => ({
      recipient: one(employees, link(employees, 'recipientId', employees)),
    })),
    ofProducts: relations(products, ({ one }) => ({
      supplier: one(suppliers, link(products, 'supplierId', suppliers)),
    })),
    ofOrders: relations(orders, ({ many }) => ({ details: many(details) })),
    ofDetails: relations(details, ({ one }) => ({
      order: one(orders, link(details, 'orderId', orders)),
      product: one(products, link(details, 'productId', products)),
    })),
  }
}

async function onSqlite({ file }) {
  const { default: Database } = await import('better-sqlite3')
  const { drizzle } = await import('drizzle-orm/better-sqlite3')
  const { integer, real, sqliteTable, text } = await import('drizzle-orm/sqlite-core')
  const client = new Database(file)
  for (const pragma of PRAGMAS) client.pragma(pragma)
  const schema = schemaOf(sqliteTable, {
    key: () => integer('id').primaryKey({ autoIncrement: true }),
    integer,
    real,
    text,
  })
  const db = drizzle(client, { schema })
  return { db, schema, run: query => query.run(), isSync: true, close: () => client.close() }
}

async function onPostgres({ url }) {
  const { default: pg } = await import('pg')
  const { drizzle } = await import('drizzle-orm/node-postgres')
  const { bigint, bigserial, doublePrecision: real, pgTable, text } = await import('drizzle-orm/pg-core')
  const client = new pg.Pool({ connectionString: url, max: POOL })
  client.on('error', () => {})
  const integer = name => bigint(name, { mode: 'number' })
  const schema = schemaOf(pgTable, { key: () => bigserial('id', { mode: 'number' }).primaryKey(), integer, real, text })
  return { db: drizzle(client, { schema }), schema, isSync: false, close: () => client.end() }
}

const at = sql.placeholder

/** All queries, prepared: those of each table, and the others by name. */
function prepared({ db, schema }) {
  const { details, fortunes, orders } = schema
  const all = {}
  const prepare = (name, query) => {
    all[name] = query.prepare(`http ${name}`)
  }
  for (const name of Object.keys(TABLES)) {
    const table = schema[name]
    prepare(
      `get ${name}`,
      db
        .select()
        .from(table)
        .where(eq(table.id, at('id'))),
    )
    prepare(`page ${name}`, db.select().from(table).orderBy(asc(table.id)).limit(at('limit')).offset(at('offset')))
    if (SEARCHED[name])
      prepare(
        `search ${name}`,
        db
          .select()
          .from(table)
          .where(like(table[SEARCHED[name]], at('term')))
          .orderBy(asc(table.id)),
      )
  }
  prepare('fortunes', db.select().from(fortunes).orderBy(asc(fortunes.id)))
  const first = (name, relation) => db.query[name].findFirst({ where: eq(schema[name].id, at('id')), with: relation })
  prepare('employee', first('employees', { recipient: true }))
  prepare('product', first('products', { supplier: true }))
  prepare('order', first('orders', { details: { orderBy: asc(details.id), with: { product: true } } }))
  const { id, shippedDate, shipName, shipCity, shipCountry } = orders
  prepare(
    'orders',
    db
      .select({
        id,
        shippedDate,
        shipName,
        shipCity,
        shipCountry,
        productsCount: sql`cast(count(${details.id}) as integer)`,
        quantitySum: sql`cast(sum(${details.quantity}) as integer)`,
        totalPrice: sql`sum(${details.quantity} * ${details.unitPrice})`,
      })
      .from(orders)
      .leftJoin(details, eq(details.orderId, id))
      .groupBy(id)
      .orderBy(asc(id))
      .limit(at('limit'))
      .offset(at('offset')),
  )
  return all
}

export async function open(place) {
  const own = await (place.database === 'sqlite' ? onSqlite : onPostgres)(place)
  const queries = prepared(own)
  const { db, schema, isSync, close } = own
  const { worlds } = schema
  const all = (name, values) => (isSync ? queries[name].all(values) : queries[name].execute(values))
  const one = async (name, values) => (await all(name, values))[0]
  const first = (name, id) => (isSync ? queries[name].execute({ id }).sync() : queries[name].execute({ id }))
  // A statement that is prepared belongs to its own connection: in a transaction each update is built.
  const set = (tx, { id, randomNumber }) => tx.update(worlds).set({ randomNumber }).where(eq(worlds.id, id))
  return {
    get: (table, id) => one(`get ${table}`, { id }),
    page: (table, limit, offset) => all(`page ${table}`, { limit, offset }),
    search: (table, _, term) => all(`search ${table}`, { term: `%${term}%` }),
    fortunes: () => all('fortunes'),
    update: isSync
      ? rows =>
          db.transaction(tx => {
            for (const row of rows) set(tx, row).run()
          })
      : rows =>
          db.transaction(async tx => {
            for (const row of rows) await set(tx, row)
          }),
    employee: id => first('employee', id),
    product: id => first('product', id),
    order: id => first('order', id),
    orders: (limit, offset) => all('orders', { limit, offset }),
    close,
  }
}
