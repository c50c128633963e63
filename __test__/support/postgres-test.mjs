// Tests that need a PostgreSQL server: skipped where this machine has none, but in CI.
import { spawnSync } from 'node:child_process'
import { test as nodeTest } from 'node:test'
import { serverUrl } from './dialect-postgres.mjs'
import { startServer } from './postgres.mjs'

const none = 'there is no PostgreSQL on this machine'
const found = serverUrl().catch(error => error)

/** `test` of node:test, for what needs a server. */
export function test(name, ...rest) {
  const work = rest.pop()
  nodeTest(name, { timeout: 300_000, ...rest[0] }, async t => {
    const url = await found
    if (typeof url === 'string') return work(t)
    if (process.env.CI) throw url ?? new Error(none)
    return t.skip(url?.message ?? none)
  })
}

/** A server of the test's own, which ends with it. */
export async function ownServer(t, options) {
  const server = await startServer(options)
  t.after(() => server.close())
  return server
}

/** A program of this machine, or null. */
export function installed(...names) {
  return names.find(name => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0) ?? null
}
