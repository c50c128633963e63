// A server that falls silent: the way to it, and whether calls are answered within their limits.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { initDb } from 'plinth'
import { fails } from './db.mjs'
import { newUrl } from './dialect.mjs'
import { models, opened } from './engine.mjs'
import { query } from './postgres.mjs'
import { relay } from './relay.mjs'

/** The limit of the calls, in milliseconds. */
export const LIMIT = 400
/** How often each way to fall silent is tried with each call. */
export const TIMES = 20

/** The latest answer that is in time: the larger of 1.2 times the limit and 250 ms more. */
const latest = limit => Math.max(1.2 * limit, limit + 250)

/** How much later a single answer may come on a machine that is busy with other things. */
const BUSY = 1000
/** By how much each answer was late, in milliseconds; what was in time is below 0. */
const overruns = []

/** Notes when a call was answered, and refuses what no busy machine explains. */
export function answered(ms, limit = LIMIT) {
  overruns.push(ms - latest(limit))
  assert.ok(ms <= latest(limit) + BUSY, `answered after ${Math.round(ms)} ms`)
}

/** The error of a call that must fail within its limit. */
export async function late(call, expected, limit = LIMIT) {
  const began = performance.now()
  const error = await fails(call, { code: 'TIMEOUT', ...expected })
  const ms = performance.now() - began
  assert.ok(ms >= limit - 5 || error.code !== 'TIMEOUT', `answered after ${Math.round(ms)} ms`)
  answered(ms, limit)
  return error
}

/** A blocking call that must fail within its limit. */
export function lateSync(call, expected) {
  const began = performance.now()
  let error
  try {
    call()
  } catch (thrown) {
    error = thrown
  }
  const ms = performance.now() - began
  assert.equal(error?.code, 'TIMEOUT', String(error))
  if (expected !== undefined) assert.equal(error.mayHaveCommitted, expected)
  answered(ms)
}

/** Refuses a file of tests if many of its answers were late. `least` is how many there must have been. */
export function mostInTime(t, least) {
  const late = overruns.filter(ms => ms > 0)
  t.diagnostic(`${overruns.length} answers, ${late.length} late, the latest by ${Math.round(Math.max(0, ...late))} ms`)
  assert.ok(
    overruns.length >= least && late.length <= overruns.length / 20,
    `${late.length} of ${overruns.length} are late`,
  )
}

/** A handle whose way to the server can be made silent. */
export async function setUp(t, options = {}) {
  const url = await newUrl(t)
  await initDb({ models, url })
  const way = await relay(t, url)
  return { url, way, db: opened(t, way.url, { pool: { size: TIMES }, ...options }) }
}

/** Waits until the server has no more than so many connections to the database. */
export async function settles(url, most) {
  let left
  for (let i = 0; i < 100; i++) {
    ;[{ left }] = await query(
      url,
      'SELECT count(*)::int AS left FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    if (left <= most) return
    await sleep(50)
  }
  assert.fail(`${left} connections are left`)
}

/** All processes of a server of the test's own. */
function processes({ folder }) {
  const [main] = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')
  const { stdout } = spawnSync('pgrep', ['-P', main], { encoding: 'utf8' })
  return [main, ...stdout.split('\n').filter(Boolean)].map(Number)
}

/** Stops a server of the test's own without a word, until it is woken. */
export function freeze(server) {
  const all = processes(server)
  for (const pid of all) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const pid of all) process.kill(pid, 'SIGCONT')
  }
}
