// `npm run build`: the JavaScript and the native addon in dist/, and the declarations.
//   --addon, --js     only one of the two        --debug    the addon in cargo's dev profile, quick to build
//   --target <name>   for another platform       --check    build nothing: fail if the committed declarations are stale
//   --prepare         what `npm ci` does: dist/, and never the declarations, so that --check sees what was committed
//   --prepack         what `npm pack` does first: dist/ anew, or a failure if the declarations are stale; package.json as it is packed
//   --postpack        what `npm pack` does last: package.json as it was
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAddon } from './addon.mjs'
import { declarations, javascript, stale, write } from './bundle.mjs'
import { packedBinaries } from './platforms.mjs'
import { Failure, root, script } from './run.mjs'

const { values: options } = parseArgs({
  options: {
    addon: { type: 'boolean' },
    js: { type: 'boolean' },
    debug: { type: 'boolean' },
    check: { type: 'boolean' },
    prepare: { type: 'boolean' },
    prepack: { type: 'boolean' },
    postpack: { type: 'boolean' },
    target: { type: 'string' },
  },
})
/** For tests: the addon that exists, whatever its profile, else one in the dev profile. */
const anyAddon = process.env.PLINTH_BUILD_PROFILE === 'debug'
const manifest = join(root, 'package.json')
/** package.json while a package is made. */
const unpacked = join(root, 'npm', 'package.json')

await script(async () => {
  if (options.check) return check()
  if (options.prepare) return prepare()
  if (options.prepack) return prepack()
  if (options.postpack) return restoreManifest()
  if (!options.addon) report({ ...(await javascript()), ...(await declarations()) })
  if (!options.js) await addon()
})

async function check() {
  const old = stale(await declarations())
  if (old.length)
    throw new Failure(`${old.join(', ')}: not what the sources make. Run npm run build:js and commit the result.`)
  console.log('The declarations are what the sources make.')
}

async function prepare() {
  // npx links this folder first and hides what is printed meanwhile. The command itself says what to run.
  if (process.env.npm_command === 'exec') return
  report(await javascript())
  await addon()
}

async function prepack() {
  restoreManifest() // of an `npm pack` that was killed
  await check()
  report(await javascript())
  const { scripts, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'))
  if (rest.files.includes(packedBinaries)) await addon()
  // npm warns users of a package that has this script, though it would never run there.
  const { prepare: _, ...packed } = scripts
  mkdirSync(dirname(unpacked), { recursive: true })
  renameSync(manifest, unpacked)
  writeFileSync(manifest, `${JSON.stringify({ ...rest, scripts: packed }, null, 2)}\n`)
}

function restoreManifest() {
  if (existsSync(unpacked)) renameSync(unpacked, manifest)
}

async function addon() {
  const { binary, built } = await buildAddon({
    profile: options.debug || anyAddon ? 'debug' : 'release',
    any: anyAddon,
    ...(options.target && { triple: options.target }),
  })
  console.log(`${relative(root, binary)} ${built ? 'built' : 'is up to date'}`)
}

function report(files) {
  const changed = write(files)
  console.log(changed.length ? `${changed.join(', ')} built` : `${Object.keys(files).join(', ')} are up to date`)
}
