// Runs the migrations of one library by its own function, as the start of a service does.
import { promises as fs } from 'node:fs'
import path from 'node:path'

const { peer, database, file, url, folder } = JSON.parse(process.argv[2])

const migrators = {
  async drizzle() {
    if (database === 'sqlite') {
      const { default: Database } = await import('better-sqlite3')
      const { drizzle } = await import('drizzle-orm/better-sqlite3')
      const { migrate } = await import('drizzle-orm/better-sqlite3/migrator')
      const client = new Database(file)
      migrate(drizzle(client), { migrationsFolder: folder })
      return client.close()
    }
    const { default: pg } = await import('pg')
    const { drizzle } = await import('drizzle-orm/node-postgres')
    const { migrate } = await import('drizzle-orm/node-postgres/migrator')
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await migrate(drizzle(client), { migrationsFolder: folder })
    await client.end()
  },

  async kysely() {
    const { Kysely, PostgresDialect, SqliteDialect } = await import('kysely')
    const { FileMigrationProvider, Migrator } = await import('kysely/migration')
    const { default: driver } = await import(database === 'sqlite' ? 'better-sqlite3' : 'pg')
    const dialect =
      database === 'sqlite'
        ? new SqliteDialect({ database: new driver(file) })
        : new PostgresDialect({ pool: new driver.Pool({ connectionString: url }) })
    const db = new Kysely({ dialect })
    const provider = new FileMigrationProvider({ fs, path, migrationFolder: folder })
    const { error } = await new Migrator({ db, provider }).migrateToLatest()
    if (error) throw error
    await db.destroy()
  },

  async typeorm() {
    await import('reflect-metadata')
    const { DataSource } = await import('typeorm')
    const place = database === 'sqlite' ? { type: 'better-sqlite3', database: file } : { type: 'postgres', url }
    const source = await new DataSource({ ...place, migrations: [path.join(folder, '*.mjs')] }).initialize()
    await source.runMigrations()
    await source.destroy()
  },

  async 'mikro-orm'() {
    const { MikroORM } = await import(`@mikro-orm/${database === 'sqlite' ? 'sqlite' : 'postgresql'}`)
    const { Migrator } = await import('@mikro-orm/migrations')
    const { EntitySchema } = await import('@mikro-orm/core')
    // It opens with at least one entity.
    const properties = { id: { type: 'integer', primary: true } }
    const orm = await MikroORM.init({
      ...(database === 'sqlite' ? { dbName: file } : { clientUrl: url }),
      entities: [new EntitySchema({ name: 'T0', tableName: 't0', properties })],
      extensions: [Migrator],
      migrations: { path: folder, snapshot: false, silent: true },
    })
    await orm.migrator.up()
    await orm.close(true)
  },
}

await migrators[peer]()
