// Makes the peers ready: installs bench/package.json and compiles better-sqlite3 from source, once. `npm ci` and `npm test` need none of it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** Whether the peer is there and its binary is for this Node. */
function works() {
  // In a process of its own: a binary for another Node cannot be unloaded again.
  const code = "new (require('better-sqlite3'))(':memory:').close()"
  return spawnSync(process.execPath, ['-e', code], { cwd: here }).status === 0
}

function step(command, args, options = {}) {
  console.log(`bench: ${[command, ...args].map(word => word.replace(`${here}/`, '')).join(' ')}`)
  const { status, error } = spawnSync(command, args, { cwd: here, stdio: 'inherit', ...options })
  if (status === 0) return
  console.error(`bench: ${error ? error.message : `failed with exit code ${status}`}`)
  process.exit(1)
}

if (!works()) {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  // Its install script would download a binary of somebody's making, or be refused by npm: we compile what we compare with.
  if (!existsSync(join(here, 'node_modules/better-sqlite3'))) {
    step(npm, ['ci', '--ignore-scripts', '--no-fund', '--no-audit'], { shell: process.platform === 'win32' })
  }
  const gyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
  step(process.execPath, [gyp, 'rebuild', '--release', '-C', 'node_modules/better-sqlite3'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...headers() },
  })
  if (!works()) {
    console.error('bench: better-sqlite3 was compiled and still does not load')
    process.exit(1)
  }
}

/** Node's headers as this Node was installed with, so that node-gyp need not download them; a setting of the user's comes first. */
function headers() {
  const prefix = dirname(dirname(process.execPath))
  const there = existsSync(join(prefix, 'include/node/node_api.h'))
  return there && !process.env.npm_config_nodedir ? { npm_config_nodedir: prefix } : {}
}
