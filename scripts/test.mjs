// `npm test`: builds what is old, starts a PostgreSQL for the run, then runs the Rust tests, the Node tests (those of __test__/both on each
// database) and the type tests, and sums up. `npm test -- <files>` runs only these Node tests.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { startServer } from '../__test__/support/postgres.mjs'
import { buildOld } from './built.mjs'
import { Failure, root, run, script } from './run.mjs'

const only = process.argv.slice(2)
const given = process.env.PLINTH_TEST_POSTGRES
const RUST_ON_POSTGRES = ['cargo', 'test', '--locked', '--test', 'postgres_*']
/** The folders of tests that run on each database. */
const onBoth = ['both', 'reports']
/** Random schemas say nothing of languages: a few are enough, the same ones each time. */
const FEW_CASES = { PLINTH_TEST_CASES: '20', PLINTH_TEST_SEED: '20261121' }

await script(async () => {
  await buildOld()

  const server = await postgres()
  const german = await translated()
  let results
  try {
    results = only.length ? nodeSteps(only, german) : all(german)
  } finally {
    await german?.close()
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
 * The server of this run, in PLINTH_TEST_POSTGRES for all that it starts: the one of the
 * environment, or one of its own, which ends with this process in any case. Without any, tests that
 * need one are skipped; in CI that is a failure.
 */
async function postgres() {
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

/**
 * A second server, which speaks German: what runs on PostgreSQL alone does so there, that nothing
 * leans on the words of a message. Null if a server was named to test with, or this machine has
 * none that is translated; in CI that is a failure.
 */
async function translated() {
  const { PLINTH_TEST_POSTGRES_BIN: named, PLINTH_TEST_POSTGRES: url } = process.env
  const needed = !only.length || only.some(file => [...onBoth, 'postgres'].some(folder => within(file, folder)))
  return named || given || !url || !needed ? null : startServer({ translated: true })
}

function all(german) {
  return [
    step('Rust tests', ['cargo', 'test', '--locked']),
    ...(german ? [step('Rust tests in German', RUST_ON_POSTGRES, { ...FEW_CASES, ...on(german) })] : []),
    ...nodeSteps(testFiles('__test__'), german),
    step('types', [process.execPath, 'scripts/types.mjs']),
  ]
}

/** Everything on SQLite, then what is in __test__/both and __test__/reports again on PostgreSQL, and what is for PostgreSQL alone. */
function nodeSteps(files, german) {
  const alone = files.filter(file => within(file, 'postgres'))
  const both = files.filter(file => onBoth.some(folder => within(file, folder)))
  const first = files.filter(file => !alone.includes(file))
  const steps = []
  if (first.length) steps.push(step('Node tests', nodeTests(first), { PLINTH_TEST_DIALECT: 'sqlite' }))
  const second = process.env.PLINTH_TEST_POSTGRES ? [...both, ...alone] : alone
  const name = `Node tests on PostgreSQL${german ? ' in German' : ''}`
  if (second.length) steps.push(step(name, nodeTests(second), { PLINTH_TEST_DIALECT: 'postgres', ...on(german) }))
  return steps
}

/** Whether a file is in this folder of the tests. */
function within(file, folder) {
  return relative(root, resolve(file)).startsWith(join('__test__', folder))
}

/** The environment of a step on another server than that of the run. */
function on(server) {
  return server ? { PLINTH_TEST_POSTGRES: server.url() } : {}
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
