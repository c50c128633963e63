// `npm run examples`: the tests of each example, installed by its lock file beside the packed tarball, outside of this repository.
//   <names>   only these      --all   those too that download frameworks and runtimes      --lock   writes the lock files anew instead
//   --pack    only puts the tarball into examples/, for `npm install` in one of them
// On PostgreSQL those that have a case for it run again: on the server of PLINTH_TEST_POSTGRES, else on one of its own.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { query, startServer } from '../__test__/support/postgres.mjs'
import { assertBuilt } from './built.mjs'
import { npm, packInto } from './packed.mjs'
import { thisTriple } from './platforms.mjs'
import { Failure, root, script } from './run.mjs'
import { runtimes } from './runtimes.mjs'

const EXAMPLES = ['basic', 'typescript', 'fastify', 'tenants', 'jobs', 'testing']
const LARGE = ['nextjs', 'hono-bun']
const ON_POSTGRES = ['tenants', 'jobs', 'testing']

const { values: options, positionals: names } = parseArgs({
  options: { all: { type: 'boolean' }, lock: { type: 'boolean' }, pack: { type: 'boolean' } },
  allowPositionals: true,
})
const unknown = names.filter(name => ![...EXAMPLES, ...LARGE].includes(name))
const chosen = names.length ? names : [...EXAMPLES, ...(options.all ? LARGE : [])]

await script(async () => {
  if (unknown.length) throw new Failure(`Unknown examples: ${unknown.join(', ')}.`)
  assertBuilt()
  const folder = mkdtempSync(join(tmpdir(), 'plinth-examples-'))
  try {
    cpSync(packInto(folder), join(options.pack ? join(root, 'examples') : folder, 'plinth.tgz'))
    if (options.pack) return
    for (const name of chosen)
      cpSync(join(root, 'examples', name), join(folder, name), { recursive: true, filter: isSource })
    if (options.lock) for (const name of chosen) lock(folder, name)
    else await runAll(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Not what npm, a build or a run by hand has left in the folder. */
function isSource(path) {
  return !/[\\/](node_modules|dist|\.next|[^\\/]*\.db(-wal|-shm)?)$/.test(path)
}

/** Writes a lock file: without addresses, and without a checksum of Plinth, which changes with each build. */
function lock(folder, name) {
  const env = { npm_config_omit_lockfile_registry_resolved: 'true' }
  passed(npm(join(folder, name), ['install', '--package-lock-only', '--ignore-scripts'], env), `npm install in ${name}`)
  const content = JSON.parse(readFileSync(join(folder, name, 'package-lock.json'), 'utf8'))
  delete content.packages['node_modules/plinth'].integrity
  writeFileSync(join(root, 'examples', name, 'package-lock.json'), `${JSON.stringify(content, null, 2)}\n`)
  console.log(`examples/${name}/package-lock.json`)
}

async function runAll(folder) {
  for (const name of chosen) {
    const cwd = join(folder, name)
    console.log(`\nexamples/${name}`)
    passed(npm(cwd, ['ci', '--prefer-offline', '--no-audit', '--no-fund']), `npm ci in ${name}`)
    passed(npm(cwd, ['test'], name === 'hono-bun' ? bunFirst(folder) : {}, { stdio: 'inherit' }), `npm test in ${name}`)
  }
  const again = chosen.filter(name => ON_POSTGRES.includes(name))
  if (again.length) await onPostgres(folder, again)
}

/** A PATH with the Bun of `npm run runtimes`, which is installed without its install script; on other platforms the one of this machine. */
function bunFirst(folder) {
  if (thisTriple() !== 'linux-x64-gnu') return {}
  const bun = runtimes.find(({ name }) => name.startsWith('Bun'))
  const cwd = join(folder, 'bun')
  mkdirSync(cwd)
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'bun-of-examples', private: true }))
  passed(
    npm(cwd, ['install', '--ignore-scripts', '--no-audit', '--no-fund', bun.package]),
    `npm install ${bun.package}`,
  )
  return { PATH: join(cwd, dirname(bun.command[0])) + delimiter + process.env.PATH }
}

async function onPostgres(folder, names) {
  const server = process.env.PLINTH_TEST_POSTGRES ? null : await startServer()
  const base = process.env.PLINTH_TEST_POSTGRES ?? server?.url()
  if (!base && process.env.CI) throw new Failure('No PostgreSQL to run the examples on (see CONTRIBUTING.md).')
  if (!base) return console.log('\nskipped on PostgreSQL: there is none on this machine')
  try {
    for (const name of names) {
      const database = `example_${name}_${process.pid}`
      const url = new URL(base)
      url.pathname = `/${database}`
      console.log(`\nexamples/${name} on PostgreSQL`)
      try {
        const env = { DATABASE_URL: url.href }
        passed(npm(join(folder, name), ['test'], env, { stdio: 'inherit' }), `npm test in ${name} on PostgreSQL`)
      } finally {
        await query(base, `DROP DATABASE IF EXISTS "${database}" WITH (FORCE)`)
      }
    }
  } finally {
    await server?.close()
  }
}

function passed({ status, stdout, stderr }, what) {
  if (status !== 0) throw new Failure(`${what} failed.\n${stdout ?? ''}${stderr ?? ''}`)
}
