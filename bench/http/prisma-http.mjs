// The requests on Prisma, with a client that is generated from the same tables.
import { createRequire } from 'node:module'
import { POOL } from '../peers/postgres-values.mjs'
import { PRAGMAS } from '../peers/sqlite-values.mjs'
import { generated } from '../setup.mjs'
import { summary } from './rows.mjs'
import { columnsOf, onesOf, TABLES } from './tables.mjs'

const require = createRequire(import.meta.url)
const clientOf = database => `prisma-${database}-http`
const KINDS = { text: 'String', integer: 'Int', real: 'Float' }

/** The name of the relation from a table's key to another table. */
const linkOf = (table, field) => `${table}_${field}`

function modelOf(table) {
  const columns = columnsOf(table).map(
    ({ field, column, kind, nullable }) => `  ${field} ${KINDS[kind]}${nullable ? '?' : ''} @map("${column}")`,
  )
  const ones = onesOf(table).map(
    ({ name, field, to, nullable }) =>
      `  ${name} ${to}${nullable ? '?' : ''} @relation("${linkOf(table, field)}", fields: [${field}], references: [id])`,
  )
  const many = Object.keys(TABLES).flatMap(other =>
    onesOf(other)
      .filter(({ to }) => to === table)
      .map(({ name, field }) => {
        const own = other === 'details' && table === 'orders' ? 'details' : `${other}By_${name}`
        return `  ${own} ${other}[] @relation("${linkOf(other, field)}")`
      }),
  )
  return `model ${table} {\n  id Int @id @default(autoincrement())\n${[...columns, ...ones, ...many].join('\n')}\n}\n`
}

const schemaOf = database => `generator client {
  provider = "prisma-client-js"
  output   = "./client"
}

datasource db {
  provider = "${database === 'sqlite' ? 'sqlite' : 'postgresql'}"
}

${Object.keys(TABLES).map(modelOf).join('\n')}`

/** Generates the client once. */
export const make = database => generated(clientOf(database), schemaOf(database))

/** Transactions wait for a connection as long as those of the other libraries; by default they fail after 2 seconds. */
const transactionOptions = { maxWait: 60_000, timeout: 60_000 }

async function connect({ database, file, url }) {
  const { PrismaClient } = require(`../node_modules/.generated/${clientOf(database)}/client`)
  if (database === 'postgres') {
    const { PrismaPg } = await import('@prisma/adapter-pg')
    return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: POOL }), transactionOptions })
  }
  const { PrismaBetterSqlite3 } = await import('@prisma/adapter-better-sqlite3')
  const client = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: `file:${file}` }), transactionOptions })
  for (const pragma of PRAGMAS) await client.$queryRawUnsafe(`PRAGMA ${pragma}`)
  return client
}

export async function open(place) {
  const db = await connect(place)
  const orderBy = { id: 'asc' }
  const one = (table, id, include) => db[table].findUnique({ where: { id }, include })
  const summed = { quantity: true, unitPrice: true }
  const select = { id: true, shippedDate: true, shipName: true, shipCity: true, shipCountry: true }
  return {
    get: (table, id) => one(table, id),
    page: (table, take, skip) => db[table].findMany({ orderBy, take, skip }),
    search: (table, field, term) => db[table].findMany({ where: { [field]: { contains: term } }, orderBy }),
    fortunes: () => db.fortunes.findMany({ orderBy }),
    update: rows =>
      db.$transaction(rows.map(({ id, randomNumber }) => db.worlds.update({ where: { id }, data: { randomNumber } }))),
    employee: id => one('employees', id, { recipient: true }),
    product: id => one('products', id, { supplier: true }),
    order: id => one('orders', id, { details: { orderBy, include: { product: true } } }),
    // It cannot sum a product of columns: its users sum in JavaScript.
    orders: async (take, skip) =>
      (await db.orders.findMany({ orderBy, take, skip, select: { ...select, details: { select: summed } } })).map(
        ({ details, ...order }) => summary(order, details),
      ),
    close: () => db.$disconnect(),
  }
}
