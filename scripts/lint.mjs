// `npm run lint`: format, lints and types of both languages, words, and that committed declarations and messages agree with the sources.
import { bin, run, script } from './run.mjs'

const biome = bin('@biomejs/biome', 'bin/biome')
const tsc = bin('typescript', 'bin/tsc')
const clippy = ['cargo', 'clippy', '--all-targets', '--locked', '--quiet']
const deny = ['--', '-D', 'warnings']

const steps = [
  ['biome: format and lints', ...biome, 'ci', ...(process.stdout.isTTY ? [] : ['--colors=off'])],
  ['cargo fmt', 'cargo', 'fmt', '--check'],
  ['clippy', ...clippy, ...deny],
  ['clippy with the feature node', ...clippy, '--features', 'node', ...deny],
  ['types', ...tsc, '--noEmit'],
  ['decisions by messages', process.execPath, 'scripts/check-messages.mjs'],
  ['list of messages', process.execPath, 'scripts/messages.mjs', '--check'],
  ['words of the documents', process.execPath, 'scripts/check-docs.mjs'],
  ['words of comments and messages', process.execPath, 'scripts/check-words.mjs'],
  ['declarations', process.execPath, 'scripts/build.mjs', '--check'],
]

await script(() => {
  const failed = steps.filter(([name, command, ...args]) => {
    console.log(`lint: ${name}`)
    return run(command, args) !== 0
  })
  console.log(failed.length ? `\nlint failed: ${failed.map(([name]) => name).join(', ')}` : '\nlint: all good')
  return failed.length ? 1 : 0
})
