// Makes the peers ready: installs bench/package.json, compiles better-sqlite3 from source, and generates Prisma's clients. `npm ci` and `npm test`
// need none of it.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../scripts/run.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** Makes all peers ready that this Node can have; one that cannot be made ready is reported, and absent from the run. */
export function setUp() {
  if (!installed()) {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    // An install script would download a binary of somebody's making, or be refused by npm: we compile what we compare with.
    step(npm, ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { shell: process.platform === 'win32' })
  }
  for (const make of [compile, generate]) {
    try {
      make()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      console.error(error.message)
    }
  }
}

/** Whether every peer exists in the version that package.json names. */
function installed() {
  const { devDependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
  return Object.entries(devDependencies).every(([name, version]) => {
    const path = join(here, 'node_modules', name, 'package.json')
    return existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).version === version
  })
}

/** Whether better-sqlite3 has a binary, and for this Node. */
function works() {
  // In a process of its own: a binary for another Node cannot be unloaded again.
  const code = "new (require('better-sqlite3'))(':memory:').close()"
  return spawnSync(process.execPath, ['-e', code], { cwd: here }).status === 0
}

function compile() {
  if (works()) return
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
  step(process.execPath, [gyp, 'rebuild', '--release', '-C', 'node_modules/better-sqlite3'], {
    // The compiler warns of hundreds of places.
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, ...headers() },
  })
  if (!works()) throw new Failure('bench: better-sqlite3 was compiled and still does not load')
}

/** Prisma's clients, for each database; newer than the models that they were made from. */
function generate() {
  for (const database of ['sqlite', 'postgres']) {
    const client = join(GENERATED, `prisma-${database}`, 'client.js')
    if (!existsSync(client)) generateFrom(`peers/prisma-${database}.prisma`)
  }
}

/** Prisma's own command; it makes a client for the schema in that file. */
function generateFrom(schema, options) {
  const prisma = join(here, 'node_modules/prisma/build/index.js')
  step(process.execPath, [prisma, 'generate', `--schema=${schema}`], {
    stdio: ['ignore', 'ignore', 2],
    // Its command downloads an engine for migrations unless one is named; to generate a client it runs none.
    env: { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
    ...options,
  })
}

/** Made by a run of the benchmark, and kept for the next one. */
export const GENERATED = join(here, 'node_modules/.generated')
/** Milliseconds for one client of Prisma. */
const LONGEST = 180_000

/** Makes a client of Prisma in the folder `client` beside the schema, once; fails if it takes minutes. */
export function generated(name, schema) {
  const folder = join(GENERATED, name)
  if (existsSync(join(folder, 'done'))) return
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'schema.prisma'), schema)
  generateFrom(join(folder, 'schema.prisma'), { timeout: LONGEST })
  writeFileSync(join(folder, 'done'), '')
}

function step(command, args, options = {}) {
  // On standard error: standard output may be a report in JSON.
  console.error(`bench: ${[command, ...args].map(word => word.replace(`${here}/`, '')).join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: ['ignore', 2, 2], ...options })
  if (status !== 0) throw new Failure(`bench: ${error ? error.message : `failed with exit code ${status}`}`)
}

/** The folder of this Node's own headers, if it was installed with them: npm's setting may name those of another Node. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {}
}
