// `npm test`: builds what is missing or old, starts a PostgreSQL for the run, then runs the Rust tests, the Node tests (those of __test__/both on each
// database) and the type tests, and sums up. `npm test -- <files>` runs only these Node tests.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { startServer } from '../__test__/support/postgres.mjs'
import { buildAddon } from './addon.mjs'
import { writeBundle } from './bundle.mjs'
import { Failure, root, run, script } from './run.mjs'

const only = process.argv.slice(2)

await script(async () => {
  // What npm ci built is as good as new; after a change the dev profile is, and takes seconds where a release takes minutes.
  const { built } = await buildAddon({ profile: 'debug', any: true })
  const changed = await writeBundle()
  console.log(
    `addon ${built ? 'built' : 'up to date'}, ${changed.length ? `${changed.join(', ')} built` : 'JavaScript up to date'}`,
  )

  const server = await postgres()
  let results
  try {
    results = only.length ? nodeSteps(only) : all()
  } finally {
    await server.close()
  }
  const skipped = server.url ? [] : [`skipped  PostgreSQL: ${server.reason} (see CONTRIBUTING.md)`]
  const lines = results.map(({ name, ok, seconds }) => `${ok ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`)
  console.log(`\n${[...lines, ...skipped].join('\n')}`)
  const failed = results.filter(({ ok }) => !ok)
  console.log(failed.length ? `\n${failed.length} of ${results.length} failed` : '\nall tests passed')
  return failed.length ? 1 : 0
})

/**
 * The server of this run, in PLINTH_TEST_POSTGRES for all that it starts: the one that is there already, or one of its own, which ends with this process
 * however it does. Without any, tests that need one are skipped; in CI that is a failure.
 */
async function postgres() {
  const given = process.env.PLINTH_TEST_POSTGRES
  if (given) return { url: given, close() {} }
  let reason = 'there is none on this machine'
  const server = await startServer().catch(error => {
    reason = error.message
  })
  if (server) {
    process.env.PLINTH_TEST_POSTGRES = server.url()
    return { url: server.url(), close: server.close }
  }
  if (process.env.CI) throw new Failure(`No PostgreSQL to test with: ${reason} (see CONTRIBUTING.md).`)
  return { reason, close() {} }
}

function all() {
  return [
    step('Rust tests', ['cargo', 'test', '--locked']),
    ...nodeSteps(testFiles('__test__')),
    step('types', [process.execPath, 'scripts/types.mjs']),
  ]
}

/** Everything on SQLite, then what is in __test__/both again on PostgreSQL. */
function nodeSteps(files) {
  const both = files.filter(file => relative(root, resolve(file)).startsWith(join('__test__', 'both')))
  const steps = [step('Node tests', nodeTests(files), { PLINTH_TEST_DIALECT: 'sqlite' })]
  if (both.length && process.env.PLINTH_TEST_POSTGRES)
    steps.push(step('Node tests on PostgreSQL', nodeTests(both), { PLINTH_TEST_DIALECT: 'postgres' }))
  return steps
}

/** Each file is a process; they run beside each other. The spec reporter closes with the counts. */
function nodeTests(files) {
  return [process.execPath, '--test', '--test-reporter=spec', ...concurrency(), ...files]
}

/** Node leaves one core free, and on two of them would run one file after the other. */
function concurrency() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major === 20 && minor < 10) return []
  return [`--test-concurrency=${Math.max(2, availableParallelism() - 1)}`]
}

/** Node 20 takes no glob: the files are listed here. */
function testFiles(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .map(name => join(folder, name))
    .filter(name => name.endsWith('.test.mjs') && !name.includes('node_modules'))
    .sort()
}

function step(name, [command, ...args], env = {}) {
  console.log(`\n== ${name}`)
  const start = Date.now()
  const code = run(command, args, { env: { ...process.env, ...env } })
  if (code === 127) console.error(`${command} is not installed`)
  return { name, ok: code === 0, seconds: Math.round((Date.now() - start) / 1000) }
}
