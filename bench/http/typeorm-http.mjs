// The requests on TypeORM, through its repositories.
import 'reflect-metadata'
import { DataSource, EntitySchema, Like } from 'typeorm'
import { POOL } from '../peers/postgres-values.mjs'
import { PRAGMAS } from '../peers/sqlite-values.mjs'
import { columnsOf, TABLES } from './tables.mjs'

const NUMBER = { transformer: { to: value => value, from: value => (value === null ? null : Number(value)) } }
const one = (target, column, inverseSide) => ({
  type: 'many-to-one',
  target,
  joinColumn: { name: column },
  inverseSide,
})
const RELATIONS = {
  employees: { recipient: one('employees', 'recipient_id') },
  products: { supplier: one('suppliers', 'supplier_id') },
  orders: { details: { type: 'one-to-many', target: 'details', inverseSide: 'order' } },
  details: { order: one('orders', 'order_id', 'details'), product: one('products', 'product_id') },
}

function entities(types) {
  return Object.keys(TABLES).map(table => {
    const columns = { id: { primary: true, generated: 'increment', ...types.integer } }
    for (const { field, column, kind, nullable } of columnsOf(table))
      columns[field] = { name: column, nullable, ...types[kind] }
    return new EntitySchema({ name: table, columns, relations: RELATIONS[table] })
  })
}

const settings = ({ database, file, url }) =>
  database === 'sqlite'
    ? {
        type: 'better-sqlite3',
        database: file,
        prepareDatabase: db => {
          for (const pragma of PRAGMAS) db.pragma(pragma)
        },
        entities: entities({ text: { type: 'text' }, integer: { type: 'integer' }, real: { type: 'real' } }),
      }
    : {
        type: 'postgres',
        url,
        extra: { max: POOL },
        entities: entities({
          text: { type: 'text' },
          integer: { type: 'bigint', ...NUMBER },
          real: { type: 'double precision' },
        }),
      }

/** On SQLite all calls share one connection, so that a transaction has to wait for the one before. */
function inTurn(work) {
  let last = Promise.resolve()
  return rows => {
    last = last.catch(() => {}).then(() => work(rows))
    return last
  }
}

export async function open(place) {
  const source = await new DataSource(settings(place)).initialize()
  const on = table => source.getRepository(table)
  const order = { id: 'ASC' }
  const withOne = (table, relations) => id => on(table).findOne({ where: { id }, relations })
  const update = rows =>
    source.transaction(async manager => {
      for (const { id, randomNumber } of rows) await manager.update('worlds', id, { randomNumber })
    })
  return {
    get: (table, id) => on(table).findOneBy({ id }),
    page: (table, take, skip) => on(table).find({ order, take, skip }),
    search: (table, field, term) => on(table).find({ where: { [field]: Like(`%${term}%`) }, order }),
    fortunes: () => on('fortunes').find({ order }),
    update: place.database === 'sqlite' ? inTurn(update) : update,
    employee: withOne('employees', { recipient: true }),
    product: withOne('products', { supplier: true }),
    order: id =>
      on('orders').findOne({ where: { id }, relations: { details: { product: true } }, order: { details: order } }),
    orders: (limit, offset) =>
      on('orders')
        .createQueryBuilder('o')
        .leftJoin('o.details', 'd')
        .select('o.id', 'id')
        .addSelect('o.shippedDate', 'shippedDate')
        .addSelect('o.shipName', 'shipName')
        .addSelect('o.shipCity', 'shipCity')
        .addSelect('o.shipCountry', 'shipCountry')
        .addSelect('CAST(COUNT(d.id) AS integer)', 'productsCount')
        .addSelect('CAST(SUM(d.quantity) AS integer)', 'quantitySum')
        .addSelect('SUM(d.quantity * d.unitPrice)', 'totalPrice')
        .groupBy('o.id')
        .orderBy('o.id')
        .limit(limit)
        .offset(offset)
        .getRawMany()
        .then(rows => rows.map(row => ({ ...row, id: Number(row.id) }))),
    close: () => source.destroy(),
  }
}
