// Making npm/<triple>/, the package that holds one platform's binary, as napi-rs names and describes it.
//   (no option)          for this machine, built in release     --target <triple>   for another platform
//   --check <binary>     only prints the faults of a Linux binary, as packing a release does, which refuses one that has any
//   --no-build --out <folder>   packs the binary that exists, which is not checked, for tests: never into npm/<triple>/
//   --publish-main       when all are published: names them as optionalDependencies of the main package, which then packs no binary
//   --publish-main --dry-run   only prints the package.json that it would write
//   --check-main         what `npm publish` does first: fails if --publish-main was not run
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildPublished } from './addon.mjs'
import { faultsOf } from './check-binary.mjs'
import { binaryName, lowestGlibc, packedBinaries, platforms, thisTriple } from './platforms.mjs'
import { Failure, root, script } from './run.mjs'

const { values: options } = parseArgs({
  options: {
    target: { type: 'string' },
    'publish-main': { type: 'boolean' },
    'check-main': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    'no-build': { type: 'boolean' },
    out: { type: 'string' },
    check: { type: 'string' },
  },
})
const manifest = join(root, 'package.json')
const main = JSON.parse(readFileSync(manifest, 'utf8'))

await script(() => {
  if (options['check-main']) return checkMain()
  if (options['publish-main']) return publishMain()
  const triple = options.target ?? thisTriple()
  if (!platforms[triple])
    throw new Failure(`${triple} is not a platform of Plinth: ${Object.keys(platforms).join(', ')}.`)
  if (!options.check) return packPlatform(triple)
  checkBinary(options.check, triple)
  console.log(`${options.check}: no faults`)
})

/** Not kept in the repository's package.json: before a version is published, `npm ci` could not find them. */
function publishMain() {
  const optionalDependencies = Object.fromEntries(
    Object.keys(platforms).map(triple => [`plinth-${triple}`, main.version]),
  )
  const files = main.files.filter(name => name !== packedBinaries)
  const published = JSON.stringify({ ...main, files, optionalDependencies }, null, 2)
  if (options['dry-run']) return console.log(published)
  writeFileSync(manifest, `${published}\n`)
  console.log(
    `package.json names ${Object.keys(optionalDependencies).length} optional dependencies; publish, then git checkout package.json`,
  )
}

function checkMain() {
  if (main.files.includes(packedBinaries))
    throw new Failure('Run node scripts/pack-platform.mjs --publish-main first: the published package holds no binary.')
}

async function packPlatform(triple) {
  const platform = platforms[triple]
  const existing = join(root, 'dist', binaryName(triple))
  // --no-build packs the existing binary: for the tests, which have just built it, mostly in the dev profile.
  if (options['no-build'] && !options.out)
    throw new Failure(
      'Add --out <folder>: --no-build does not check the binary, so it is not packed where it is published from.',
    )
  const binary = options['no-build'] ? existing : await buildPublished(triple)
  if (!options['no-build']) checkBinary(binary, triple)
  const folder = options.out ?? join(root, 'npm', triple)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  copyFileSync(binary, join(folder, binaryName(triple)))
  for (const name of ['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT']) copyFileSync(join(root, name), join(folder, name))
  writeFileSync(join(folder, 'README.md'), `# plinth-${triple}\n\nThe ${triple} binary of plinth.\n`)
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(describe(triple, platform), null, 2)}\n`)
  console.log(folder)
}

/** Fails with every fault of a binary. Those of macOS and Windows are not read. */
function checkBinary(path, triple) {
  const { os, cpu, libc } = platforms[triple]
  if (!existsSync(path)) throw new Failure(`${path} does not exist.`)
  if (os !== 'linux') return
  const faults = faultsOf(path, { cpu, ...(libc === 'glibc' && { glibc: lowestGlibc }) })
  if (faults.length) throw new Failure(faults.map(fault => `${path}: ${fault}.`).join('\n'))
}

function describe(triple, { os, cpu, libc }) {
  return {
    name: `plinth-${triple}`,
    version: main.version,
    description: `The ${triple} binary of plinth`,
    license: main.license,
    main: binaryName(triple),
    files: [binaryName(triple), 'LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT'],
    engines: main.engines,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  }
}
