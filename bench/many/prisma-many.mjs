// Prisma with many models: the process that opens its generated client, and the project that uses it.
import { createRequire } from 'node:module'
import { generated } from '../setup.mjs'
import { nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const require = createRequire(import.meta.url)
const m = i => `m${i}`
const clientOf = (database, n) => `prisma-${database}-${n}-models`

/** The text of Prisma's schema. */
function schemaOf(database, n) {
  const models = numbersOf(n).map(
    i => `model ${m(i)} {
  id       Int     @id @default(autoincrement())
  parentId Int?    @map("parent_id")
  title    String
  body     String?
  status   String
  price    Float
  active   Boolean
  amount   Int
  parent   ${nameOf(i + 1, n)}?    @relation("of${i}", fields: [parentId], references: [id])
  children ${nameOf(i - 1, n)}[]   @relation("of${(i - 1 + n) % n}")
}
`,
  )
  return `generator client {
  provider = "prisma-client-js"
  output   = "./client"
}

datasource db {
  provider = "${database === 'sqlite' ? 'sqlite' : 'postgresql'}"
}

${models.join('\n')}`
}

/** Generates the client once; a failure is the reason why this library is absent. */
export const make = (database, n) => generated(clientOf(database, n), schemaOf(database, n))

export async function open({ database, file, url }, n) {
  const { PrismaClient } = require(`../node_modules/.generated/${clientOf(database, n)}/client`)
  let adapter
  if (database === 'sqlite') {
    const { PrismaBetterSqlite3 } = await import('@prisma/adapter-better-sqlite3')
    adapter = new PrismaBetterSqlite3({ url: `file:${file}` })
  } else {
    const { PrismaPg } = await import('@prisma/adapter-pg')
    adapter = new PrismaPg({ connectionString: url })
  }
  const db = new PrismaClient({ adapter })
  return { first: () => db[m(READ)].findUnique({ where: { id: 1 } }), close: () => db.$disconnect() }
}

export function sources(n) {
  return {
    'service.ts': `import { PrismaBetterSqlite3 } from '@prisma/adapter-better-sqlite3'
import { PrismaClient } from '../${clientOf('sqlite', n)}/client/index.js'
const db = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: 'file:file.db' }) })
${USED.map(
  i => `for (const row of await db.${m(i)}.findMany({ where: { title: 'a', amount: { gt: 1 } }, include: { parent: true, children: true } })) {
${USE_OF_ROW}
  await db.${m(i)}.update({ where: { id: row.id }, data: { title: text } })
}`,
).join('\n')}
`,
  }
}
