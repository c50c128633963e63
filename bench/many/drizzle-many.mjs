// drizzle with many models: the process that opens them, and the project that uses them.
import { eq, relations } from 'drizzle-orm'
import { importsOf, inFiles, listOf, nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const m = i => `m${i}`

function schemaOf(table, { key, reference, text, real, boolean }, n) {
  const all = {}
  for (const i of numbersOf(n))
    all[m(i)] = table(m(i), {
      id: key(),
      parentId: reference('parent_id').references(() => all[nameOf(i + 1, n)].id),
      title: text('title').notNull(),
      body: text('body'),
      status: text('status').notNull(),
      price: real('price').notNull(),
      active: boolean('active').notNull(),
      amount: reference('amount').notNull(),
    })
  for (const i of numbersOf(n)) {
    const [own, next, before] = [all[m(i)], all[nameOf(i + 1, n)], all[nameOf(i - 1, n)]]
    all[`of${i}`] = relations(own, ({ one, many }) => ({
      parent: one(next, { fields: [own.parentId], references: [next.id] }),
      children: many(before),
    }))
  }
  return all
}

async function onSqlite({ file }, n) {
  const { default: Database } = await import('better-sqlite3')
  const { drizzle } = await import('drizzle-orm/better-sqlite3')
  const { integer, real, sqliteTable, text } = await import('drizzle-orm/sqlite-core')
  const client = new Database(file)
  const schema = schemaOf(
    sqliteTable,
    {
      key: () => integer('id').primaryKey({ autoIncrement: true }),
      reference: integer,
      text,
      real,
      boolean: name => integer(name, { mode: 'boolean' }),
    },
    n,
  )
  return { db: drizzle(client, { schema }), schema, close: () => client.close() }
}

async function onPostgres({ url }, n) {
  const { default: pg } = await import('pg')
  const { drizzle } = await import('drizzle-orm/node-postgres')
  const { bigint, bigserial, boolean, doublePrecision: real, pgTable, text } = await import('drizzle-orm/pg-core')
  const client = new pg.Pool({ connectionString: url })
  const schema = schemaOf(
    pgTable,
    {
      key: () => bigserial('id', { mode: 'number' }).primaryKey(),
      reference: name => bigint(name, { mode: 'number' }),
      text,
      real,
      boolean,
    },
    n,
  )
  return { db: drizzle(client, { schema }), schema, close: () => client.end() }
}

export async function open(place, n) {
  const { db, schema, close } = await (place.database === 'sqlite' ? onSqlite : onPostgres)(place, n)
  const own = schema[m(READ)]
  return { first: async () => (await db.select().from(own).where(eq(own.id, 1)))[0], close }
}

export function sources(n) {
  const files = inFiles(n, (numbers, file) => {
    const own = new Set(numbers.flatMap(i => [nameOf(i + 1, n), nameOf(i - 1, n)]))
    for (const i of numbers) own.delete(m(i))
    const others = [...own].map(name => [name, Math.floor(Number(name.slice(1)) / 10)])
    return [
      `models${file}.ts`,
      `import { relations } from 'drizzle-orm'
import { type AnySQLiteColumn, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
${others.map(([name, at]) => `import { ${name} } from './models${at}.js'`).join('\n')}
${numbers
  .map(
    i => `export const ${m(i)} = sqliteTable('${m(i)}', { id: integer('id').primaryKey({ autoIncrement: true }),
  parentId: integer('parent_id').references((): AnySQLiteColumn => ${nameOf(i + 1, n)}.id), title: text('title').notNull(), body: text('body'),
  status: text('status').notNull(), price: real('price').notNull(), active: integer('active', { mode: 'boolean' }).notNull(), amount: integer('amount').notNull() })
export const of${i} = relations(${m(i)}, ({ one, many }) => ({
  parent: one(${nameOf(i + 1, n)}, { fields: [${m(i)}.parentId], references: [${nameOf(i + 1, n)}.id] }), children: many(${nameOf(i - 1, n)}) }))`,
  )
  .join('\n')}
`,
    ]
  })
  return {
    ...Object.fromEntries(files),
    'service.ts': `import { and, eq, gt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
${importsOf(n, i => `${m(i)}, of${i}`)}
const db = drizzle('file.db', { schema: { ${listOf(n, i => `${m(i)}, of${i}`)} } })
${USED.map(
  i => `for (const row of await db.query.${m(i)}.findMany({ where: and(eq(${m(i)}.title, 'a'), gt(${m(i)}.amount, 1)), with: { parent: true, children: true } })) {
${USE_OF_ROW}
  await db.update(${m(i)}).set({ title: text }).where(eq(${m(i)}.id, row.id))
}`,
).join('\n')}
`,
  }
}
