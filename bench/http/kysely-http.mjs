// The requests on kysely, with its own helpers for rows inside of rows.
import { Kysely, ParseJSONResultsPlugin, PostgresDialect, SqliteDialect, sql } from 'kysely'
import { numbers, POOL } from '../peers/postgres-values.mjs'
import { PRAGMAS } from '../peers/sqlite-values.mjs'
import { columnsOf, TABLES } from './tables.mjs'

/** The columns of each table with its fields as names. */
const fieldsOf = Object.fromEntries(
  Object.keys(TABLES).map(table => [
    table,
    [`${table}.id`, ...columnsOf(table).map(({ field, column }) => `${table}.${column} as ${field}`)],
  ]),
)

async function connect({ database, file, url }) {
  if (database === 'sqlite') {
    const { default: Database } = await import('better-sqlite3')
    const client = new Database(file)
    for (const pragma of PRAGMAS) client.pragma(pragma)
    const helpers = await import('kysely/helpers/sqlite')
    const plugins = [new ParseJSONResultsPlugin()]
    return { db: new Kysely({ dialect: new SqliteDialect({ database: client }) }), plugins, ...helpers }
  }
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url, max: POOL, types: numbers(pg) })
  pool.on('error', () => {})
  const helpers = await import('kysely/helpers/postgres')
  return { db: new Kysely({ dialect: new PostgresDialect({ pool }) }), plugins: [], ...helpers }
}

export async function open(place) {
  const { db, plugins, jsonArrayFrom, jsonObjectFrom } = await connect(place)
  // The text of JSON on SQLite is parsed in those queries that have it.
  const parsed = plugins.reduce((own, plugin) => own.withPlugin(plugin), db)
  const from = (table, on = db) => on.selectFrom(table).select(fieldsOf[table])
  const details = query =>
    jsonArrayFrom(
      from('details', query)
        .select(inner =>
          jsonObjectFrom(from('products', inner).whereRef('products.id', '=', 'details.product_id')).as('product'),
        )
        .whereRef('details.order_id', '=', 'orders.id')
        .orderBy('details.id'),
    ).as('details')
  const recipient = query =>
    jsonObjectFrom(
      query
        .selectFrom('employees as r')
        .select(fieldsOf.employees.map(name => name.replace('employees.', 'r.')))
        .whereRef('r.id', '=', 'employees.recipient_id'),
    ).as('recipient')
  const supplier = query =>
    jsonObjectFrom(from('suppliers', query).whereRef('suppliers.id', '=', 'products.supplier_id')).as('supplier')
  const withOne = (table, one, id) =>
    from(table, parsed).select(one).where(`${table}.id`, '=', id).executeTakeFirstOrThrow()
  return {
    get: (table, id) => from(table).where('id', '=', id).executeTakeFirstOrThrow(),
    page: (table, limit, offset) => from(table).orderBy('id').limit(limit).offset(offset).execute(),
    search: (table, field, term) =>
      from(table)
        .where(columnsOf(table).find(own => own.field === field).column, 'like', `%${term}%`)
        .orderBy('id')
        .execute(),
    fortunes: () => from('fortunes').orderBy('id').execute(),
    update: rows =>
      db.transaction().execute(async tx => {
        for (const { id, randomNumber } of rows)
          await tx.updateTable('worlds').set({ random_number: randomNumber }).where('id', '=', id).execute()
      }),
    employee: id => withOne('employees', recipient, id),
    product: id => withOne('products', supplier, id),
    order: id => withOne('orders', details, id),
    orders: (limit, offset) =>
      db
        .selectFrom('orders as o')
        .leftJoin('details as d', 'd.order_id', 'o.id')
        .select([
          'o.id',
          'o.shipped_date as shippedDate',
          'o.ship_name as shipName',
          'o.ship_city as shipCity',
          'o.ship_country as shipCountry',
          sql`cast(count(d.id) as integer)`.as('productsCount'),
          sql`cast(sum(d.quantity) as integer)`.as('quantitySum'),
          sql`sum(d.quantity * d.unit_price)`.as('totalPrice'),
        ])
        .groupBy('o.id')
        .orderBy('o.id')
        .limit(limit)
        .offset(offset)
        .execute(),
    close: () => db.destroy(),
  }
}
