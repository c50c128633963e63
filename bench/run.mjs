// `npm run bench`: Plinth's public API against other libraries, in one run, on each database; `-- --help` lists the options. Results are verified
// equal before anything is measured. `-- migrations`: what migrations cost, `-- drift`: what drift and a start with nothing to do cost,
// `-- backup`: what a backup costs, against limits. `-- online`: revisions in steps beside clients. `-- completion`: how long an editor waits in a large project.
import { assertBuilt } from '../scripts/built.mjs'
import { script } from '../scripts/run.mjs'

await script(assertBuilt)
if (process.exitCode !== 0) process.exit()

await script(async () => {
  // Only now: these import the built JavaScript.
  const { HELP, read } = await import('./arguments.mjs')
  const options = read(process.argv.slice(2))
  if (options.help) return void console.log(HELP)
  if (options.node) return (await import('./other-node.mjs')).runIn(options.node, process.argv.slice(2))
  const { setUp } = await import('./setup.mjs')
  if (!options.installed && (options.databases.length || options.install) && !options.compare) await setUp()
  if (options.install) return
  if (options.compare) return (await import('./compare.mjs')).compare(options)
  if (options.databases.length) {
    const report = await (await import('./session.mjs')).session(options)
    if (options.json) console.log(JSON.stringify(report, null, 2))
    if (options.write) (await import('./page.mjs')).write(report)
    if (options.check) (await import('./verify.mjs')).assertCompared(report)
  }
  for (const name of options.limited) await (await import(`./${name}.mjs`))[name](options)
})
