// Prisma on both databases, with its driver adapters, which replace its engine. bench/setup.mjs generates its clients.
import { createRequire } from 'node:module'
import { POOL } from './postgres-values.mjs'
import { PRAGMAS } from './sqlite-values.mjs'

const require = createRequire(import.meta.url)

async function connect({ database, file, url, dates }) {
  const { PrismaClient } = require(`../node_modules/.generated/prisma-${database}/client.js`)
  if (database === 'postgres') {
    const { PrismaPg } = await import('@prisma/adapter-pg')
    return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: POOL }) })
  }
  const { PrismaBetterSqlite3 } = await import('@prisma/adapter-better-sqlite3')
  const timestampFormat = dates === 'integer' ? 'unixepoch-ms' : 'iso8601'
  const client = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: `file:${file}` }, { timestampFormat }) })
  for (const pragma of PRAGMAS) await client.$queryRawUnsafe(`PRAGMA ${pragma}`)
  return client
}

export async function open(place) {
  const db = await connect(place)
  const orderBy = { id: 'asc' }
  const users = (gt, take, include) => db.user.findMany({ where: { id: { gt } }, orderBy, take, include })
  const posts = { orderBy }
  const grand = { orderBy, include: { comments: { orderBy } } }
  return {
    get: id => db.event.findUnique({ where: { id } }),
    list: (gt, take) => db.event.findMany({ where: { id: { gt } }, orderBy, take }),
    async page(cursor, size) {
      const from = cursor === null ? {} : { cursor: { id: cursor }, skip: 1 }
      const rows = await db.event.findMany({ ...from, orderBy, take: size + 1 })
      if (rows.length <= size) return { rows, next: null }
      return { rows: rows.slice(0, size), next: rows[size - 1].id }
    },
    find: email => db.event.findUnique({ where: { email } }),
    exists: async email => (await db.event.findUnique({ where: { email }, select: { id: true } })) !== null,
    count: () => db.event.count(),
    groupBy: async () =>
      (
        await db.event.groupBy({
          by: ['city'],
          _count: { _all: true },
          _sum: { score: true },
          orderBy: { city: 'asc' },
        })
      ).map(({ city, _count, _sum }) => ({ city, count: _count._all, sum: _sum.score })),
    nested: (after, limit) => users(after, limit, { posts }),
    include: (after, limit) => users(after, limit, { posts: grand }),
    create: data => db.event.create({ data }),
    update: (id, data) => db.event.update({ where: { id }, data }),
    upsert: row => db.event.upsert({ where: { email: row.email }, create: row, update: row }),
    createMany: data => db.event.createMany({ data }),
    transaction: rows =>
      db.$transaction(async tx => {
        for (const data of rows) await tx.event.create({ data })
      }),
    run: sql => db.$executeRawUnsafe(sql),
    ...(place.database === 'sqlite' && {
      synchronous: async () => (await db.$queryRawUnsafe('PRAGMA synchronous'))[0].synchronous,
    }),
    close: () => db.$disconnect(),
  }
}
