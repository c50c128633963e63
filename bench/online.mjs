// Revisions of a large table on PostgreSQL while clients read and write it: in steps, as one transaction, by hand, and as Alembic and Prisma do, beside a control.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startServer } from '../__test__/support/postgres.mjs'
import { revision, upgrade } from '../dist/index.js'
import { Failure } from '../scripts/run.mjs'
import { CHANGES, first } from './online-changes.mjs'
import { CLIENTS, startClients } from './online-clients.mjs'
import { figuresOf, print, summary, verdicts } from './online-report.mjs'
import { alembic, prisma } from './online-tools.mjs'
import { DEFAULTS } from './places.mjs'
import { load, machine } from './report.mjs'

const ROWS = 1_000_000
const ROUNDS = 5
/** Milliseconds of the control. */
const CONTROL = 5_000
/** Milliseconds for which the clients run before a change begins. */
const WARM = 500

/** Measures each change in each way, round after round, and prints medians and the worst; `--only` names `changes`. */
export async function online({ rowsGiven, rows, roundsGiven, rounds, changes: chosen, json, write }) {
  const server = await startServer({ settings: DEFAULTS })
  if (!server) throw new Failure('bench: revisions in steps: this machine has no PostgreSQL')
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  const size = { rows: rowsGiven ? rows : ROWS, rounds: roundsGiven ? rounds : ROUNDS }
  const names = chosen?.length ? chosen : Object.keys(CHANGES)
  // Standard output is the report alone if it is asked for as JSON.
  const line = json ? console.error : console.log
  try {
    const report = await session(server, folder, { ...size, names })
    print(report, line)
    report.verdicts = verdicts(report, line)
    if (json) console.log(JSON.stringify(report, null, 2))
    if (write) (await import('./online-page.mjs')).write(report)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The report of all rounds. */
async function session(server, folder, { rows, rounds, names }) {
  const minute = load()
  const [{ version }] = await query(server.url(), `SELECT current_setting('server_version') AS version`)
  const base = await tables(server, folder, rows)
  const runs = [{ change: '', way: 'control', work: () => sleep(CONTROL), of: {} }]
  for (const name of names) runs.push(...(await waysOf(server.url(base), folder, name)))
  const measured = runs.map(() => [])
  for (let round = 1; round <= rounds; round++)
    for (const [at, { change, way, work, of }] of runs.entries()) {
      if (!work) continue
      const found = await beside(server, base, rows, work, of, `${change || way}, ${way}`)
      measured[at].push(found)
      console.error(
        `bench: round ${round} of ${rounds}: ${change || 'without a change'}, ${way}: ${found.took.toFixed(0)} ms`,
      )
    }
  const results = runs.map(({ change, way }, at) => ({ change, way, ...summary(measured[at]) }))
  return { ...machine(), load: minute, postgres: version, rows, rounds, clients: CLIENTS, results }
}

/** The ways in which a change can be made; that in steps is without work if the revision has none. */
async function waysOf(url, folder, change) {
  const of = CHANGES[change]
  const migrations = join(folder, change.replaceAll(' ', '-'))
  cpSync(join(folder, 'base'), migrations, { recursive: true })
  await revision({ url, migrations, message: 'second', dialects: ['postgres'], ...of.revision })
  const last = readdirSync(migrations).toSorted().at(-1)
  const hasSteps = readdirSync(join(migrations, last)).includes('up.postgres.online.sql')
  const plinth = online => to => upgrade({ url: to, migrations, online, keep: false })
  const ways = {
    'in steps': hasSteps && plinth(true),
    'one transaction': plinth(false),
    'by hand': of.byHand,
    Alembic: alembic(change),
    Prisma: prisma(change),
  }
  return Object.entries(ways).map(([way, work]) => ({ change, way, work, of }))
}

/** A database at the first revision, with rows; others are copies of it. */
async function tables(server, folder, rows) {
  const database = 'base'
  await query(server.url(), `CREATE DATABASE ${database}`)
  const url = server.url(database)
  const migrations = join(folder, 'base')
  await revision({ url, migrations, models: first, message: 'first', dialects: ['postgres'] })
  await upgrade({ url, migrations })
  await query(url, `INSERT INTO teams (name) SELECT 'team ' || n FROM generate_series(1, 100) n`)
  // In order, so that each row has its number as its key, as the clients expect.
  await query(
    url,
    `INSERT INTO users (email, name) SELECT 'User' || n, 'the name of ' || n FROM generate_series(1, ${rows}) n ORDER BY n`,
  )
  await query(url, 'VACUUM ANALYZE')
  return database
}

/** Does work on a copy of the database while clients read and write it, and checks their rows afterwards. */
async function beside(server, base, rows, work, change, what) {
  const database = `copy_${process.hrtime.bigint()}`
  await query(server.url(), `CREATE DATABASE ${database} TEMPLATE ${base}`)
  const url = server.url(database)
  try {
    await query(url, 'CHECKPOINT')
    return await measured(url, rows, work, change)
  } catch (error) {
    throw new Failure(`bench: ${what}: ${error.message.replace(/^bench: /, '')}`, { cause: error })
  } finally {
    await query(server.url(), `DROP DATABASE ${database} WITH (FORCE)`)
  }
}

async function measured(url, rows, work, change) {
  const clients = await startClients(url, rows)
  const { times } = clients
  let took
  try {
    await sleep(WARM)
    for (const list of [times.reads, times.writes]) list.length = 0
    const began = performance.now()
    await work(url)
    took = performance.now() - began
  } finally {
    await clients.stop()
  }
  await clients.check(change)
  return figuresOf(took, times)
}

async function query(url, sql) {
  const session = new pg.Client({ connectionString: url })
  await session.connect()
  try {
    return (await session.query(sql)).rows
  } finally {
    await session.end()
  }
}
