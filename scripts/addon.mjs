// Building the native addon: cargo, and the library it makes put into dist/ under the platform's name.
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { binaryName, platforms, thisTriple } from './platforms.mjs'
import { Failure, root } from './run.mjs'

const noCargo =
  'Plinth is built from source here and needs the Rust toolchain (cargo 1.85 or later): install it from rustup.rs, then run npm ci again.'

/** Remembers which profile a binary came from: a debug build is good for tests, never for a release. */
const marker = triple => join(root, 'target', `plinth-addon-profile.${triple}`)

/**
 * Builds the addon unless it is there and newer than everything it is made from. `profile` is
 * 'release' or 'debug'; `any` accepts an existing addon of any profile.
 */
export async function buildAddon({ profile = 'release', any = false, triple = thisTriple() } = {}) {
  const binary = join(root, 'dist', binaryName(triple))
  if (isFresh(binary) && (any || builtAs(triple) === profile)) return { binary, built: false }
  const start = new Date()
  const library = await cargo(profile, triple)
  // Copied aside and renamed: a process that has the old addon mapped keeps it, and none sees half a file.
  const aside = `${binary}.${process.pid}.tmp`
  mkdirSync(join(root, 'dist'), { recursive: true })
  copyFileSync(library, aside)
  // As old as the sources it was made from: what changed while cargo ran is newer.
  utimesSync(aside, start, start)
  renameSync(aside, binary)
  mkdirSync(join(root, 'target'), { recursive: true })
  writeFileSync(marker(triple), profile)
  return { binary, built: true }
}

function builtAs(triple) {
  return existsSync(marker(triple)) ? readFileSync(marker(triple), 'utf8') : undefined
}

function isFresh(binary) {
  if (!existsSync(binary)) return false
  const made = statSync(binary).mtimeMs
  return ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src'].every(path => newest(join(root, path)) <= made)
}

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

/** Runs cargo and answers the path of the library, as cargo itself reports it. */
function cargo(profile, triple) {
  const args = ['build', '--lib', '--locked', '--features', 'node', '--message-format', 'json-render-diagnostics']
  if (profile === 'release') args.push('--release')
  if (triple !== thisTriple()) {
    if (!platforms[triple])
      throw new Failure(`${triple} is not a platform of Plinth: ${Object.keys(platforms).join(', ')}.`)
    args.push('--target', platforms[triple].rust)
  }
  return new Promise((resolve, reject) => {
    const child = spawn('cargo', args, { cwd: root, env: environment(triple), stdio: ['ignore', 'pipe', 'inherit'] })
    let messages = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      messages += text
    })
    child.on('error', error => reject(error.code === 'ENOENT' ? new Failure(noCargo) : error))
    child.on('close', code => {
      if (code !== 0) return reject(new Failure('The addon was not built: cargo failed, see above.'))
      const library = messages
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line))
        .flatMap(libraryOf)
        .at(-1)
      if (library) resolve(library)
      else reject(new Failure('The addon was not built: cargo reported no library.'))
    })
  })
}

/** musl is linked statically by default, and then there is no shared library to make. */
function environment(triple) {
  if (!triple.endsWith('musl')) return process.env
  return { ...process.env, RUSTFLAGS: `${process.env.RUSTFLAGS ?? ''} -C target-feature=-crt-static`.trim() }
}

function libraryOf(message) {
  if (message.reason !== 'compiler-artifact' || message.target.name !== 'plinth') return []
  return message.filenames.filter(name => /\.(so|dylib|dll)$/.test(name))
}
