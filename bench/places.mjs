// The databases of a run: one for each variant, all with the same rows.
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../__test__/support/postgres.mjs'
import * as plinth from '../dist/index.js'
import { event, modelsOf, related } from './data.mjs'

/** PostgreSQL's own defaults: the server of the tests has many settings. */
export const DEFAULTS = {
  fsync: 'on',
  full_page_writes: 'on',
  autovacuum: 'on',
  max_connections: '200',
  wal_level: 'replica',
  max_wal_senders: '10',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
}

/** Rows that are made and inserted at once. */
const BATCH = 10_000

/** A Date in the form in which a table stores it. */
const DATES = {
  native: date => date,
  integer: date => date.getTime(),
  text: date => date.toISOString(),
  spaced: date => date.toISOString().replace('T', ' ').replace('Z', ''),
}

/** Fills a new database with Plinth, so that tables, constraints and indexes are equal for all. */
async function fill(url, rows, dates) {
  const models = modelsOf(plinth, dates)
  await plinth.initDb({ models, url, migrations: false })
  const db = plinth.open({ models, url })
  try {
    const stored = row => {
      const changed = { ...row }
      for (const name of ['createdAt', 'updatedAt']) if (row[name]) changed[name] = DATES[dates](row[name])
      return changed
    }
    for (let at = 0; at < rows; at += BATCH) {
      const length = Math.min(BATCH, rows - at)
      await db.events.createMany(Array.from({ length }, (_, i) => stored(event(at + i + 1))))
    }
    for (const [name, list] of Object.entries(related()))
      await db[name].createMany(list.map(({ id, ...row }) => stored(row)))
    await db.sql`ANALYZE`
  } finally {
    await db.close()
  }
}

/** Files in a temporary folder: one for each form of dates is filled, and copied for each variant. */
export function sqlitePlaces(rows) {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  const filled = new Map()
  let made = 0
  return {
    async place({ dates }) {
      const first = join(folder, `${dates}.db`)
      if (!filled.has(dates)) filled.set(dates, fill(`sqlite:///${first}`, rows, dates))
      await filled.get(dates)
      if (existsSync(`${first}-wal`)) throw new Error(`${first} was not closed: its rows are in another file.`)
      const file = join(folder, `variant${made++}.db`)
      copyFileSync(first, file)
      return { database: 'sqlite', file, url: `sqlite:///${file}` }
    },
    /** A copy of the database `name`, which `fillOther(url)` fills the first time. */
    async other(name, fillOther) {
      const first = join(folder, `${name}.db`)
      if (!filled.has(name)) filled.set(name, fillOther(`sqlite:///${first}`))
      await filled.get(name)
      const file = join(folder, `${name}${made++}.db`)
      copyFileSync(first, file)
      return { database: 'sqlite', file, url: `sqlite:///${file}` }
    },
    /** A database without tables. */
    async empty() {
      const file = join(folder, `empty${made++}.db`)
      return { database: 'sqlite', file, url: `sqlite:///${file}` }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
    description: `files in ${tmpdir()}, WAL, each commit waits for the disk`,
  }
}

/** Databases on a server of their own, copies of one that is filled. Null if this machine has no PostgreSQL. */
export async function postgresPlaces(rows) {
  const server = await startServer({ settings: DEFAULTS })
  if (!server) return null
  const admin = plinth.open({ models: modelsOf(plinth), url: server.url('postgres') })
  const run = sql => admin.sql(Object.assign([sql], { raw: [sql] }))
  const filled = new Map()
  let made = 0
  const copyOf = async (name, fillIt) => {
    if (!filled.has(name)) filled.set(name, fillIt(server.url(name)))
    await filled.get(name)
    const copy = `bench_${made++}`
    await run(`CREATE DATABASE ${copy} TEMPLATE ${name}`)
    return { database: 'postgres', url: server.url(copy) }
  }
  const [{ version }] = await run(`SELECT current_setting('server_version') AS version`)
  return {
    place: () => copyOf('bench_rows', url => fill(url, rows, 'native')),
    other: (name, fillOther) => copyOf(`bench_${name.replaceAll('-', '_')}`, fillOther),
    async empty() {
      const name = `bench_${made++}`
      await run(`CREATE DATABASE ${name}`)
      return { database: 'postgres', url: server.url(name) }
    },
    async close() {
      await admin.close()
      await server.close()
    },
    description: `PostgreSQL ${version} on this machine over TCP, fsync on`,
  }
}
