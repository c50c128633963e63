// `npm run build`: the native addon and the built JavaScript.
//   --addon, --js     only one of the two        --debug    the addon in cargo's dev profile, quick to build
//   --target <name>   for another platform       --check    build nothing: fail when the committed JavaScript is stale
//   --prepare         what `npm ci` does: the addon, and the JavaScript only where it is not there (it is committed)
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAddon } from './addon.mjs'
import { builtFiles, bundle, stale, writeBundle } from './bundle.mjs'
import { Failure, root, script } from './run.mjs'

const { values: options } = parseArgs({
  options: {
    addon: { type: 'boolean' },
    js: { type: 'boolean' },
    debug: { type: 'boolean' },
    check: { type: 'boolean' },
    prepare: { type: 'boolean' },
    target: { type: 'string' },
  },
})

await script(async () => {
  if (options.check) return check()
  if (!options.js) await addon()
  if (!options.addon && !(options.prepare && hasJavaScript())) await javascript()
})

async function check() {
  const old = stale(await bundle())
  if (old.length)
    throw new Failure(`${old.join(', ')}: not what the sources make. Run npm run build:js and commit the result.`)
  console.log('The built files are what the sources make.')
}

async function addon() {
  const { binary, built } = await buildAddon({
    profile: options.debug ? 'debug' : 'release',
    ...(options.target && { triple: options.target }),
  })
  console.log(`${relative(root, binary)} ${built ? 'built' : 'is up to date'}`)
}

async function javascript() {
  const changed = await writeBundle()
  console.log(changed.length ? `${changed.join(', ')} built` : `${builtFiles.join(', ')} are up to date`)
}

function hasJavaScript() {
  return builtFiles.every(name => existsSync(join(root, name)))
}
