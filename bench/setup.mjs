// Makes the peers ready: installs bench/package.json, and compiles better-sqlite3 from source, once. `npm ci` and `npm test` need none of it.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** Makes ready what these halves of the benchmark need; ends the process where that fails. */
export function setUp(halves) {
  if (!installed()) {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    // An install script would download a binary of somebody's making, or be refused by npm: we compile what we compare with.
    step(npm, ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { shell: process.platform === 'win32' })
  }
  if (halves.includes('sqlite') && !works()) compile()
}

/** Whether every peer is there in the version that package.json names. */
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
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
  step(process.execPath, [gyp, 'rebuild', '--release', '-C', 'node_modules/better-sqlite3'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...headers() },
  })
  if (!works()) fail('better-sqlite3 was compiled and still does not load')
}

function step(command, args, options = {}) {
  console.log(`bench: ${[command, ...args].map(word => word.replace(`${here}/`, '')).join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: 'inherit', ...options })
  if (status !== 0) fail(error ? error.message : `failed with exit code ${status}`)
}

function fail(message) {
  console.error(`bench: ${message}`)
  process.exit(1)
}

/** Node's headers as this Node was installed with, so that node-gyp need not download them; a setting of the user's comes first. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  const there = existsSync(join(prefix, 'include/node/node_api.h'))
  return there && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {}
}
