// Revisions of a large table on PostgreSQL while clients read and write it: in steps, as one transaction, and by hand, beside a control.
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startServer } from '../__test__/support/postgres.mjs'
import { revision, upgrade } from '../dist/index.js'
import { CHANGES, first } from './online-changes.mjs'
import { DEFAULTS } from './places.mjs'
import { quantile } from './statistics.mjs'

const ROWS = 1_000_000
const CLIENTS = 32
/** Milliseconds that a client waits after each call: the load is the same whatever the revision does. */
const PAUSE = 10
/** Milliseconds of the control. */
const CONTROL = 5_000

/** Measures each change in each way, and prints a line for each. */
export async function online({ rowsGiven, rows = ROWS } = {}) {
  const server = await startServer({ settings: DEFAULTS })
  if (!server) return void console.log('\nRevisions in steps: this machine has no PostgreSQL')
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  try {
    await all(server, folder, rowsGiven ? rows : ROWS)
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function all(server, folder, rows) {
  console.log(
    `\nRevisions of a table of ${rows.toLocaleString('en-US')} rows beside ${CLIENTS} clients, in milliseconds`,
  )
  const head = ['reads p50', 'p99', 'p99.9', 'max', 'writes p50', 'p99', 'p99.9', 'max', 'failed']
  console.log(
    `  ${'change'.padEnd(34)}${'way'.padEnd(16)}${'took'.padStart(9)}${head.map(word => word.padStart(11)).join('')}`,
  )
  const base = await tables(server, folder, rows)
  const control = await beside(server, base, rows, () => sleep(CONTROL))
  tell('', 'control', control)
  for (const [name, change] of Object.entries(CHANGES)) {
    const migrations = join(folder, name.replaceAll(' ', '-'))
    const url = server.url(base)
    cpSync(join(folder, 'base'), migrations, { recursive: true })
    await revision({ url, migrations, message: 'second', dialects: ['postgres'], ...change.revision })
    const hasSteps = readdirSync(join(migrations, readdirSync(migrations).toSorted().at(-1))).includes(
      'up.postgres.online.sql',
    )
    const ways = {
      'in steps': hasSteps && (to => upgrade({ url: to, migrations, online: true, keep: false })),
      'one transaction': to => upgrade({ url: to, migrations, online: false, keep: false }),
      'by hand': change.byHand,
    }
    for (const [way, work] of Object.entries(ways)) {
      if (work) tell(name, way, await beside(server, base, rows, work))
      else console.log(`  ${name.padEnd(34)}${way.padEnd(16)}  no steps`)
    }
  }
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
  await query(
    url,
    `INSERT INTO users (email, name) SELECT 'User' || n, 'the name of ' || n FROM generate_series(1, ${rows}) n`,
  )
  await query(url, 'VACUUM ANALYZE')
  return database
}

/** Does work on a copy of the database while clients read and write it. */
async function beside(server, base, rows, work) {
  const database = `copy_${process.hrtime.bigint()}`
  await query(server.url(), `CREATE DATABASE ${database} TEMPLATE ${base}`)
  const url = server.url(database)
  await query(url, 'CHECKPOINT')
  const times = { reads: [], writes: [], failed: 0 }
  const clients = await Promise.all(Array.from({ length: CLIENTS }, () => client(url, rows, times)))
  await sleep(500)
  for (const list of [times.reads, times.writes]) list.length = 0
  const began = performance.now()
  try {
    await work(url)
    return { ...times, took: performance.now() - began }
  } finally {
    await Promise.all(clients.map(stop => stop()))
    await query(server.url(), `DROP DATABASE ${database} WITH (FORCE)`)
  }
}

async function client(url, rows, times) {
  const session = new pg.Client({ connectionString: url })
  session.on('error', () => {})
  await session.connect()
  let isOver = false
  const work = async () => {
    while (!isOver) {
      const id = 1 + Math.floor(Math.random() * rows)
      const reads = Math.random() < 0.5
      const [list, sql] = reads
        ? [times.reads, 'SELECT email FROM users WHERE id = $1']
        : [times.writes, `UPDATE users SET visits = visits + 1 WHERE id = $1`]
      const began = performance.now()
      await session.query(sql, [id]).catch(() => {
        times.failed += 1
      })
      list.push(performance.now() - began)
      await sleep(PAUSE)
    }
  }
  const working = work()
  return async () => {
    isOver = true
    await working
    await session.end()
  }
}

function tell(name, way, { reads, writes, failed, took }) {
  const parts = list => [0.5, 0.99, 0.999, 1].map(part => (list.length ? quantile(list, part) : 0).toFixed(1))
  const cells = [...parts(reads), ...parts(writes), `${failed}`].map(text => text.padStart(11)).join('')
  console.log(`  ${name.padEnd(34)}${way.padEnd(16)}${took.toFixed(0).padStart(9)}${cells}`)
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
