// `npm run bench [-- sqlite | postgres] [get list stream aggregate create createMany concurrent]`: Plinth's public API against drivers used
// by hand, in one run, on each database. Results are verified equal before anything is measured. `npm run bench -- migrations`:
// what migrations cost, `-- drift`: what drift and a start with nothing to do cost, `-- backup`: what a backup costs, against limits. `-- completion`: how long
// an editor waits in a large project.
import { existsSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { assertBuilt } from '../scripts/built.mjs'
import { thisTriple } from '../scripts/platforms.mjs'
import { script } from '../scripts/run.mjs'
import { setUp } from './setup.mjs'

await script(assertBuilt)
if (process.exitCode !== 0) process.exit()

const HALVES = ['sqlite', 'postgres']
const BENCHES = ['get', 'list', 'stream', 'aggregate', 'create', 'createMany', 'concurrent']

/** Those that need no peers. */
const LIMITED = ['migrations', 'drift', 'backup', 'completion']

const words = process.argv.slice(2)
const unknown = words.find(word => ![...HALVES, ...BENCHES, ...LIMITED].includes(word))
if (unknown) {
  console.error(`bench: there is no "${unknown}": ${[...HALVES, ...BENCHES, ...LIMITED].join(', ')}`)
  process.exit(1)
}
/** Those that were asked for, or all. */
const chosen = all => (words.some(word => all.includes(word)) ? all.filter(word => words.includes(word)) : all)

const peers = words.length === 0 || words.some(word => !LIMITED.includes(word))

if (peers) setUp(chosen(HALVES))
const profile = new URL(`../target/plinth-addon-profile.${thisTriple()}`, import.meta.url)
if (!process.env.PLINTH_NATIVE && existsSync(profile) && readFileSync(profile, 'utf8') === 'debug') {
  console.log('The addon is a debug build, and slower than what is released: npm run build makes the one to measure.')
}
console.log(`Node ${process.version}, ${cpus().length} CPUs`)
for (const half of peers ? chosen(HALVES) : []) {
  const { start } = await import(`./${half}.mjs`)
  const { benches, close } = await start()
  try {
    for (const name of chosen(BENCHES)) await benches[name]()
  } finally {
    await close()
  }
}
for (const name of LIMITED) {
  if (words.length === 0 || words.includes(name)) await (await import(`./${name}.mjs`))[name]()
}
