// The ten migrations that are applied already: a table each, in the files that each library reads.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const COUNT = 10
const NUMBERS = Array.from({ length: COUNT }, (_, i) => i)

/** The last table: it exists if all migrations ran. */
export const LAST = `t${COUNT - 1}`

/** Plinth's models after so many revisions. */
export const modelsAfter = ({ c, model, schema }, count) =>
  schema(
    Object.fromEntries(
      NUMBERS.slice(0, count).map(i => [`t${i}`, model(`t${i}`, { id: c.id(), title: c.text(), amount: c.integer() })]),
    ),
  )

/** Calls `write(models, message)` for each revision in turn. */
export async function eachRevision(plinth, write) {
  for (const i of NUMBERS) await write(modelsAfter(plinth, i + 1), `table ${i}`)
}

const key = { sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT', postgres: 'bigserial PRIMARY KEY' }
const sqlOf = (database, i) => `CREATE TABLE t${i} (id ${key[database]}, title text NOT NULL, amount integer NOT NULL)`

const put = (folder, name, text) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}
const nameOf = i => `${i}`.padStart(4, '0')

/** drizzle's journal, and a file of SQL for each. */
export function writeDrizzle(folder, database) {
  const entries = NUMBERS.map(i => ({
    idx: i,
    version: '7',
    when: 1_750_000_000_000 + i,
    tag: `${nameOf(i)}_t${i}`,
    breakpoints: true,
  }))
  const dialect = database === 'sqlite' ? 'sqlite' : 'postgresql'
  put(folder, 'meta/_journal.json', JSON.stringify({ version: '7', dialect, entries }))
  for (const { idx, tag } of entries) put(folder, `${tag}.sql`, sqlOf(database, idx))
}

export function writeKysely(folder, database) {
  for (const i of NUMBERS)
    put(
      folder,
      `${nameOf(i)}.mjs`,
      `import { sql } from 'kysely'\nexport const up = db => sql\`${sqlOf(database, i)}\`.execute(db)\n`,
    )
}

export function writeTypeorm(folder, database) {
  for (const i of NUMBERS)
    put(
      folder,
      `${nameOf(i)}.mjs`,
      `export class Table${1_750_000_000_000 + i} {
  up(runner) { return runner.query('${sqlOf(database, i)}') }
  down(runner) { return runner.query('DROP TABLE t${i}') }
}
`,
    )
}

export function writeMikro(folder, database) {
  for (const i of NUMBERS)
    put(
      folder,
      `Migration${1_750_000_000_000 + i}.js`,
      `import { Migration } from '@mikro-orm/migrations'
export class Migration${1_750_000_000_000 + i} extends Migration {
  up() { this.addSql('${sqlOf(database, i)}') }
}
`,
    )
  put(folder, 'package.json', '{ "type": "module" }')
}

export function writePrisma(folder, { database, file, url }) {
  const provider = database === 'sqlite' ? 'sqlite' : 'postgresql'
  for (const i of NUMBERS) put(folder, `migrations/${nameOf(i)}_t${i}/migration.sql`, `${sqlOf(database, i)};\n`)
  put(folder, 'migrations/migration_lock.toml', `provider = "${provider}"\n`)
  put(folder, 'schema.prisma', `datasource db {\n  provider = "${provider}"\n}\n`)
  put(
    folder,
    'prisma.config.mjs',
    `export default { schema: 'schema.prisma', migrations: { path: 'migrations' },
  datasource: { url: ${JSON.stringify(database === 'sqlite' ? `file:${file}` : url)} } }\n`,
  )
}

/** alembic's configuration, its environment, and a module of Python for each. */
export function writeAlembic(folder, { database, file, url }) {
  const engine = database === 'sqlite' ? `sqlite:///${file}` : url.replace('postgresql:', 'postgresql+psycopg:')
  put(folder, 'alembic.ini', `[alembic]\nscript_location = ${folder}\n`)
  put(
    folder,
    'env.py',
    `from alembic import context
from sqlalchemy import create_engine
with create_engine(${JSON.stringify(engine)}).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
`,
  )
  for (const i of NUMBERS)
    put(
      folder,
      `versions/${nameOf(i)}.py`,
      `from alembic import op
revision = '${nameOf(i)}'
down_revision = ${i ? `'${nameOf(i - 1)}'` : 'None'}
def upgrade():
    op.execute("${sqlOf(database, i)}")
`,
    )
}
