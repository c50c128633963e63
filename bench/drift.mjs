// Drift: what a comparison costs, of the bundled models and of 1,000 tables, and a start that has nothing to do, each against its
// limit, on each database.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../__test__/support/postgres.mjs'
import { c, check, drift as compare, index, initDb, model, open, schema, unique } from '../dist/index.js'
import bundled from '../dist/models.mjs'
import { root } from '../scripts/run.mjs'
import { median, tell } from './measure.mjs'

const TABLES = 1000

/** Tables that point to each other, of 20 columns, with a check, a unique constraint and two indexes each. */
const many = schema(Object.fromEntries(Array.from({ length: TABLES }, (_, n) => [`t${n}`, table(n)])))

function table(n) {
  const columns = Array.from({ length: 18 }, (_, i) => {
    const column = [c.text, c.integer, c.timestamp, c.boolean, c.json, c.uuid][i % 6]()
    return [`c${i}`, i % 2 ? column : column.nullable()]
  })
  const parent = c
    .integer()
    .nullable()
    .references(`t${n >> 1}.id`)
  return model(`t${n}`, { id: c.id(), parent, ...Object.fromEntries(columns) }, t => [
    unique(t.c0, t.c1),
    check('c1 > 0'),
    index(t.c2),
    index(t.c1, t.c3),
  ])
}

/** Measures on SQLite, and on PostgreSQL if this machine has one. */
export async function drift() {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'))
  const server = await startServer()
  try {
    await on({ database: 'SQLite', urlOf: name => `sqlite:///${join(folder, name)}.db`, limit: 15, folder })
    if (server) await on({ database: 'PostgreSQL', urlOf: name => server.url(`bench_${name}`), limit: 40, folder })
    else console.log('\nDrift on PostgreSQL: this machine has none')
  } finally {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `limit`: that of the bundled models, in milliseconds; `folder`: one without revisions. */
async function on({ database, urlOf, limit, folder }) {
  console.log(`\nDrift on ${database}, medians`)
  const ours = { models: bundled, url: urlOf('bundled'), cwd: root, migrations: join(root, 'migrations') }
  await initDb(ours)
  tell('the bundled models, at their last revision', await timed(50, () => found(ours)), limit, 'ms')

  const opened = async () => {
    const db = open({ models: bundled, url: ours.url })
    await db.sql`SELECT 1`
    await db.close()
  }
  const started = async () => {
    await initDb(ours)
    await opened()
  }
  const [alone, both] = await inTurn(20, [opened, started])
  tell('a start with nothing to do, beyond opening', both - alone, 60, 'ms')

  const large = { models: many, url: urlOf('many'), cwd: folder }
  await initDb(large)
  tell(`${TABLES} tables of 20 columns`, await timed(5, () => found(large)), 1000, 'ms')
}

/** Compares, and finds nothing. */
async function found(options) {
  assert.deepEqual((await compare(options)).differences, [])
}

const timed = async (rounds, work) => (await inTurn(rounds, [work]))[0]

/** The medians of several works, done in turn, in milliseconds. */
async function inTurn(rounds, works) {
  const times = works.map(() => [])
  for (let round = -1; round < rounds; round++) {
    for (const [at, work] of works.entries()) {
      const began = performance.now()
      await work()
      if (round >= 0) times[at].push(performance.now() - began)
    }
  }
  return times.map(median)
}
