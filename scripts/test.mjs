// `npm test`: builds what is missing or old, then runs the Rust tests, the Node tests and the type tests, and sums up.
// `npm test -- <files>` runs only these Node tests.
import { readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { buildAddon } from './addon.mjs'
import { writeBundle } from './bundle.mjs'
import { root, run, script } from './run.mjs'

const only = process.argv.slice(2)

await script(async () => {
  // What npm ci built is as good as new; after a change the dev profile is, and takes seconds where a release takes minutes.
  const { built } = await buildAddon({ profile: 'debug', any: true })
  const changed = await writeBundle()
  console.log(
    `addon ${built ? 'built' : 'up to date'}, ${changed.length ? `${changed.join(', ')} built` : 'JavaScript up to date'}`,
  )

  const results = only.length ? [step('Node tests', nodeTests(only))] : all()
  console.log(
    `\n${results.map(({ name, ok, seconds }) => `${ok ? 'passed' : 'FAILED'}  ${name} (${seconds} s)`).join('\n')}`,
  )
  const failed = results.filter(({ ok }) => !ok)
  console.log(failed.length ? `\n${failed.length} of ${results.length} failed` : '\nall tests passed')
  return failed.length ? 1 : 0
})

function all() {
  return [
    step('Rust tests', ['cargo', 'test', '--locked']),
    step('Node tests', nodeTests(testFiles('__test__'))),
    step('types', [process.execPath, 'scripts/types.mjs']),
  ]
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

function step(name, [command, ...args]) {
  console.log(`\n== ${name}`)
  const start = Date.now()
  const code = run(command, args)
  if (code === 127) console.error(`${command} is not installed`)
  return { name, ok: code === 0, seconds: Math.round((Date.now() - start) / 1000) }
}
