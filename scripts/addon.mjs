// Building the native addon: cargo, and the library it makes put into dist/ under the platform's name, or for a package that is published.
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
import { remapped } from './build-paths.mjs'
import { binaryName, lowestGlibc, platforms, thisTriple } from './platforms.mjs'
import { Failure, root } from './run.mjs'
import { zig } from './zig.mjs'

const noCargo =
  'Plinth is built from source here and needs the Rust toolchain (cargo 1.89 or later): install it from rustup.rs, then run npm ci again.'

/** Between the flags of CARGO_ENCODED_RUSTFLAGS, so that a flag may contain spaces. */
const SEPARATOR = '\x1f'

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
  const flags = rustFlags(profile, triple)
  const library = await cargo('cargo', ['build', ...chosen(profile, triple), ...flags.args], flags.env)
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

/**
 * Builds the addon of a package that is published, and answers its path. For Linux with glibc zig links it, so that it runs on systems
 * that are older than the one that builds it; cargo's folder is another one then, and dist/ stays as it is.
 */
export async function buildPublished(triple) {
  const { rust, libc } = platforms[triple]
  if (libc !== 'glibc') return (await buildAddon({ triple })).binary
  const { command, env } = zig()
  const args = ['zigbuild', '--release', '--target', `${rust}.${lowestGlibc}`, '--target-dir', 'target/published']
  const flags = rustFlags('release', triple)
  return cargo(command, [...args, ...flags.args], { ...env, ...flags.env })
}

function builtAs(triple) {
  return existsSync(marker(triple)) ? readFileSync(marker(triple), 'utf8') : undefined
}

function isFresh(binary) {
  if (!existsSync(binary)) return false
  const made = statSync(binary).mtimeMs
  return ['.cargo', 'Cargo.toml', 'Cargo.lock', 'build.rs', 'src'].every(path => newest(join(root, path)) <= made)
}

function newest(path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

/** The profile and the target as cargo's arguments. */
function chosen(profile, triple) {
  const args = profile === 'release' ? ['--release'] : []
  if (triple === thisTriple()) return args
  if (!platforms[triple])
    throw new Failure(`${triple} is not a platform of Plinth: ${Object.keys(platforms).join(', ')}.`)
  return [...args, '--target', platforms[triple].rust]
}

/** Runs cargo and answers the path of the library, as cargo itself reports it. */
function cargo(command, args, env) {
  const all = [...args, '--lib', '--locked', '--features', 'node', '--message-format', 'json-render-diagnostics']
  return new Promise((resolve, reject) => {
    const child = spawn(command, all, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
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

/**
 * The flags of rustc. A release names no paths of this machine. musl is linked statically by default, and then there is no shared
 * library to make. Flags in the environment would hide those of `--config`, so ours are added to them.
 */
export function rustFlags(profile, triple) {
  const isMusl = triple.endsWith('musl')
  const ours = [...(profile === 'release' ? remapped : []), ...(isMusl ? ['-C', 'target-feature=-crt-static'] : [])]
  const { CARGO_ENCODED_RUSTFLAGS: encoded, RUSTFLAGS: plain } = process.env
  if (ours.length === 0) return { args: [], env: {} }
  if (encoded === undefined && plain === undefined && !isMusl)
    return { args: ['--config', `build.rustflags=${JSON.stringify(ours)}`], env: {} }
  const given = encoded?.split(SEPARATOR) ?? plain?.split(/\s+/) ?? []
  const all = [...given.filter(Boolean), ...ours]
  return { args: [], env: { CARGO_ENCODED_RUSTFLAGS: all.join(SEPARATOR) } }
}

function libraryOf(message) {
  if (message.reason !== 'compiler-artifact' || message.target.name !== 'plinth') return []
  return message.filenames.filter(name => /\.(so|dylib|dll)$/.test(name))
}
