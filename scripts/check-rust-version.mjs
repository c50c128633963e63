// The sources and their dependencies hold to the `rust-version` of Cargo.toml: what the dependencies declare, and a `cargo check` with that version.
// If rustup cannot get the toolchain, the second part is a warning.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Failure, root, run, script } from './run.mjs'

/** How long rustup may take: where its server is not reachable it tries again and again. */
const DOWNLOAD = 180_000
const FEATURES = ['--locked', '--features', 'node']

await script(() => {
  const { packages } = JSON.parse(output('cargo', ['metadata', '--format-version', '1', ...FEATURES]))
  const promised = packages.find(({ name }) => name === 'plinth').rust_version
  const newer = packages.filter(({ rust_version: needed }) => needed && compare(needed, promised) > 0)
  if (newer.length) {
    const names = newer.map(({ name, version, rust_version: needed }) => `${name} ${version} needs ${needed}`)
    throw new Failure(`Cargo.toml promises Rust ${promised}, but ${names.join(', ')}.`)
  }
  console.log(`All dependencies build with Rust ${promised}, by what they declare.`)

  const toolchain = promised.split('.').length === 2 ? `${promised}.0` : promised
  const missing = install(toolchain)
  if (missing) {
    console.log(`WARNING: not built with Rust ${toolchain}: ${missing}`)
    return 0
  }
  // A folder of its own: the artefacts of two compilers would take each other's place.
  const env = { ...process.env, CARGO_TARGET_DIR: join(root, 'target', 'rust-version') }
  return run('rustup', ['run', toolchain, 'cargo', 'check', '--quiet', ...FEATURES], { env })
})

/** Gets a toolchain if this machine lacks it; answers why it could not. */
function install(toolchain) {
  const args = ['toolchain', 'install', toolchain, '--profile', 'minimal', '--no-self-update']
  const { status, error, stderr } = spawnSync('rustup', args, { encoding: 'utf8', timeout: DOWNLOAD })
  if (error?.code === 'ENOENT') return 'this machine has no rustup.'
  if (error) return `rustup: ${error.message}`
  return status === 0 ? undefined : `rustup could not get it: ${stderr.trim().split('\n').at(-1)}`
}

/** Compares versions of two or three numbers. */
function compare(a, b) {
  const numbers = version => version.split('.').map(Number)
  const [left, right] = [numbers(a), numbers(b)]
  for (let i = 0; i < 3; i++) if ((left[i] ?? 0) !== (right[i] ?? 0)) return (left[i] ?? 0) - (right[i] ?? 0)
  return 0
}

function output(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status !== 0) throw new Failure(`${command} ${args[0]} failed:\n${stderr}`)
  return stdout
}
