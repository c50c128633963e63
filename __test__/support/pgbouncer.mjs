// A pgbouncer of the tests: Debian's, before the server of the tests.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { foundOrInstalled } from './debian.mjs'
import { freePort, PASSWORD, urlOf } from './postgres.mjs'
import { runsAs } from './postgres-binaries.mjs'
import { installed } from './postgres-test.mjs'

const pgbouncer = foundOrInstalled(() => installed('pgbouncer', '/usr/sbin/pgbouncer'), 'pgbouncer')
if (!pgbouncer && process.env.CI) throw new Error('No pgbouncer to test with: install it.')

/** The options of a test that needs one. */
export const needed = pgbouncer ? {} : { skip: 'pgbouncer is not installed: apt-get install pgbouncer' }

/** From 1.21 on it can keep prepared statements apart: not here. */
function keepsNone() {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(spawnSync(pgbouncer, ['--version'], { encoding: 'utf8' }).stdout)
  return major > 1 || minor >= 21 ? 'max_prepared_statements = 0' : ''
}

/** A pgbouncer before the server of a URL, with few connections of its own; answers the URL through it. */
export async function pooled(t, direct, { mode = 'transaction', connections = 3 } = {}) {
  const { hostname, port, pathname } = new URL(direct)
  const folder = mkdtempSync(join(tmpdir(), 'plinth-pgbouncer-'))
  const own = await freePort()
  const files = {
    users: `"plinth" "${PASSWORD}"\n`,
    config: `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${folder}/users
pool_mode = ${mode}
default_pool_size = ${connections}
max_client_conn = 200
admin_users = plinth
${keepsNone()}`,
  }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o644)
  }
  chmodSync(folder, 0o755)
  if (runsAs.uid !== undefined) chownSync(folder, runsAs.uid, runsAs.gid)
  const child = spawn(pgbouncer, [join(folder, 'config')], { ...runsAs, cwd: folder, stdio: 'ignore' })
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  for (let i = 0; i < 100; i++) {
    const answers = await new Promise(resolve => {
      const socket = connect(own, '127.0.0.1')
      socket.on('error', () => resolve(false))
      socket.on('connect', () => {
        socket.destroy()
        resolve(true)
      })
    })
    if (answers) break
    await sleep(20)
  }
  return (query = {}) => urlOf({ port: own, database: pathname.slice(1), query })
}
