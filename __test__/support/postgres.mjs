// PostgreSQL servers for the tests: the one of a run, and servers of a test's own. None outlives
// its starter.
import { execFileSync, fork, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { binaries, runsAs } from './postgres-binaries.mjs'
import { german, translatedBinaries } from './translated.mjs'

/** The password of the superuser: that it is never shown is part of many tests. */
export const PASSWORD = 'pass-Word:5/&é'
const USER = 'plinth'

/** Roles of this group must prove their password; all others are trusted, which saves each connection some milliseconds. */
const ACCESS = `
local all +scram scram-sha-256
host all +scram all scram-sha-256
local all all trust
host all all all trust
`

/** Not what a server is by default, so that nothing leans on it: order, zone and forms of text that are this machine's own. */
const UNLIKELY = {
  timezone: 'America/St_Johns',
  datestyle: 'SQL, DMY',
  intervalstyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '0',
}

/**
 * The settings that make it quick. A crash of the server loses nothing by it, a crash of the
 * machine does.
 */
const QUICK = {
  fsync: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  max_connections: '300',
  wal_level: 'minimal',
  max_wal_senders: '0',
}

/** A PostgreSQL URL; what is in it is encoded. */
export function urlOf({
  host = '127.0.0.1',
  port,
  database = 'postgres',
  user = USER,
  password = PASSWORD,
  query = {},
}) {
  const who = encodeURIComponent(user) + (password === null ? '' : `:${encodeURIComponent(password)}`)
  const rest = new URLSearchParams(query).toString().replaceAll('+', '%20')
  return `postgresql://${who}@${host}:${port}/${encodeURIComponent(database)}${rest ? `?${rest}` : ''}`
}

/**
 * Starts a server in a folder of its own; null if this machine has no PostgreSQL. `settings` go
 * over those above, `access` is its pg_hba.conf, `files` (name to text) lie in its data folder.
 * `translated`: one that speaks German. `programs`: the folder of another PostgreSQL. `data`: the data folder of a stopped
 * server, of which this one gets a copy.
 */
export async function startServer(options = {}) {
  const { translated = false, programs } = options
  const found = programs ? { folder: programs } : translated ? germanBinaries() : binaries()
  if (!found) return null
  const folder = mkdtempSync(join(tmpdir(), 'plinth-postgres-'))
  try {
    return await serverIn(folder, found, options)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    if (found.copied) rmSync(found.copied, { recursive: true, force: true })
    throw error
  }
}

function germanBinaries() {
  const folder = translatedBinaries()
  return folder && { folder }
}

async function serverIn(folder, found, { settings, access = ACCESS, files = {}, translated, data: copied }) {
  const data = join(folder, 'data')
  own(folder, 0o755)
  const language = translated ? german(folder) : {}
  if (copied) execFileSync('cp', ['-a', copied, data])
  else initialize(found.folder, data, folder)
  write(join(data, 'pg_hba.conf'), access)
  for (const [name, text] of Object.entries(files)) write(join(data, name), text)

  const guard = fork(fileURLToPath(new URL('./postgres-guard.mjs', import.meta.url)), [], {
    detached: true,
    stdio: 'ignore',
    execArgv: [],
  })
  const ask = message =>
    new Promise((resolve, reject) => {
      guard.ref()
      guard.channel.ref()
      guard.once('message', ({ error }) => {
        guard.unref()
        guard.channel.unref()
        if (error) reject(new Error(error))
        else resolve()
      })
      guard.send(message)
    })
  let port
  for (let attempt = 0; ; attempt++) {
    port = await freePort()
    const all = {
      ...UNLIKELY,
      ...QUICK,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: folder,
      ...language.settings,
      ...settings,
      port,
    }
    const args = ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
    try {
      await ask({
        task: 'begin',
        command: join(found.folder, 'postgres'),
        args,
        options: { ...runsAs, cwd: folder, env: language.env },
        folder,
        temporary: [folder, found.copied].filter(Boolean),
      })
      break
    } catch (error) {
      // Between asking for a free port and taking it somebody else may have taken it.
      if (attempt < 5 && /could not (bind|create any TCP)/.test(error.message)) continue
      guard.disconnect()
      throw error
    }
  }
  return {
    port,
    /** The folder of its Unix socket. */
    folder,
    url: (database, options = {}) => urlOf({ port, database, ...options }),
    /** Ends it as `pg_ctl stop -m` would: SIGINT ends its clients, SIGQUIT is a crash. */
    stop: (signal = 'SIGINT') => ask({ task: 'stop', signal }),
    start: () => ask({ task: 'start' }),
    /** Ends it for good, and removes what it had. */
    async close() {
      const gone = new Promise(resolve => guard.once('exit', resolve))
      guard.ref()
      guard.disconnect()
      await gone
    },
  }
}

/** Makes the data folder. The order of its text is not that of code points, where this PostgreSQL can do otherwise. */
function initialize(bin, data, cwd) {
  const secret = join(cwd, 'password')
  write(secret, PASSWORD)
  const args = [
    '-D',
    data,
    '-U',
    USER,
    '--pwfile',
    secret,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
  ]
  const run = more => spawnSync(join(bin, 'initdb'), [...args, ...more], { ...runsAs, cwd, encoding: 'utf8' })
  let { status, stderr, error } = run(['--locale-provider=icu', '--icu-locale=en-US'])
  if (status !== 0) {
    rmSync(data, { recursive: true, force: true })
    ;({ status, stderr, error } = run([]))
  }
  rmSync(secret)
  if (status !== 0) throw new Error(`initdb failed: ${error ?? stderr}`)
}

function write(path, text) {
  writeFileSync(path, text)
  own(path, 0o600)
}

/** Gives a file or folder to whom the server runs as. */
function own(path, mode) {
  chmodSync(path, mode)
  if (runsAs.uid !== undefined) chownSync(path, runsAs.uid, runsAs.gid)
}

/** A port of 127.0.0.1 without a listener. */
export async function freePort() {
  const probe = createServer()
  await new Promise((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise(resolve => probe.close(resolve))
  return port
}

/** Runs SQL by a driver that is not ours; answers the rows. */
export async function query(url, sql, values) {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    const result = await client.query(sql, values)
    return (Array.isArray(result) ? result.at(-1) : result).rows
  } finally {
    await client.end()
  }
}
