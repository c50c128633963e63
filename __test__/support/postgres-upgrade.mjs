// Two major versions of PostgreSQL, and databases that move from the older to the newer as people move them: by pg_dump and psql.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after } from 'node:test'
import { query, startServer } from './postgres.mjs'
import { olderBinaries } from './postgres-binaries.mjs'

let running

/**
 * Servers of two major versions, which end with the tests of the file; null if this machine has
 * only one.
 */
export function twoVersions() {
  running ??= start()
  return running
}

const servers = []
after(() => Promise.all(servers.map(server => server.close())))

async function start() {
  const newer = await ofFile()
  const major = await majorOf(newer)
  const programs = olderBinaries(major)
  if (!programs) return null
  const older = await ofFile({ programs })
  return {
    majors: [await majorOf(older), major],
    /** The URL of a new database of the older one. */
    database: name => create(older, name),
    /** Moves it; answers its URL on the newer one. */
    async move(name) {
      const url = await create(newer, name)
      const dump = run(join(programs, 'pg_dump'), ['--dbname', older.url(name)])
      run(join(programs, 'psql'), ['--dbname', url, '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1'], dump)
      return url
    },
  }
}

async function ofFile(options) {
  const server = await startServer(options)
  servers.push(server)
  return server
}

async function create(server, name) {
  await query(server.url(), `CREATE DATABASE ${name} TEMPLATE template0`)
  return server.url(name)
}

async function majorOf(server) {
  const [{ number }] = await query(server.url(), "SELECT current_setting('server_version_num')::int / 10000 AS number")
  return number
}

function run(program, args, input) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Error(`${program} failed: ${error ?? stderr}`)
  return stdout
}
