// kysely with many models: it has types only, so a process opens none, and the project declares an interface for each table.
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import { numbers } from '../peers/postgres-values.mjs'
import { importsOf, inFiles, nameOf, numbersOf, READ, USE_OF_ROW, USED } from './shape.mjs'

const m = i => `m${i}`
const M = i => `M${i}`

async function dialectOf({ database, file, url }) {
  if (database === 'sqlite') {
    const { default: Database } = await import('better-sqlite3')
    return new SqliteDialect({ database: new Database(file) })
  }
  const { default: pg } = await import('pg')
  return new PostgresDialect({ pool: new pg.Pool({ connectionString: url, types: numbers(pg) }) })
}

export async function open(place) {
  const db = new Kysely({ dialect: await dialectOf(place) })
  return {
    async first() {
      const row = await db
        .selectFrom(m(READ))
        .select(['id', 'parent_id as parentId', 'title', 'body', 'status', 'price', 'active', 'amount'])
        .where('id', '=', 1)
        .executeTakeFirst()
      return { ...row, active: Boolean(row.active) }
    },
    close: () => db.destroy(),
  }
}

export function sources(n) {
  const files = inFiles(n, (own, file) => [
    `models${file}.ts`,
    `import type { Generated } from 'kysely'
${own
  .map(
    i => `export interface ${M(i)} { id: Generated<number>; parent_id: number | null; title: string; body: string | null;
  status: string; price: number; active: number; amount: number }`,
  )
  .join('\n')}
`,
  ])
  return {
    ...Object.fromEntries(files),
    'service.ts': `import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely'
import { jsonArrayFrom, jsonObjectFrom } from 'kysely/helpers/sqlite'
${importsOf(n, i => `type ${M(i)}`)}
interface Tables {
${numbersOf(n)
  .map(i => `  ${m(i)}: ${M(i)}`)
  .join('\n')}
}
declare const database: SqliteDatabase
const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
${USED.map(
  i => `for (const row of await db.selectFrom('${m(i)}').selectAll('${m(i)}').select(query => [
  jsonObjectFrom(query.selectFrom('${nameOf(i + 1, n)}').selectAll('${nameOf(i + 1, n)}').whereRef('${nameOf(i + 1, n)}.id', '=', '${m(i)}.parent_id')).as('parent'),
  jsonArrayFrom(query.selectFrom('${nameOf(i - 1, n)}').selectAll('${nameOf(i - 1, n)}').whereRef('${nameOf(i - 1, n)}.parent_id', '=', '${m(i)}.id')).as('children'),
]).where('title', '=', 'a').where('amount', '>', 1).execute()) {
${USE_OF_ROW}
  await db.updateTable('${m(i)}').set({ title: text }).where('id', '=', row.id).execute()
}`,
).join('\n')}
`,
  }
}
