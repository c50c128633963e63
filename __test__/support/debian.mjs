// Debian's packages, for what tests need and this machine lacks: in CI they are installed, elsewhere such tests say what is missing.
import { spawnSync } from 'node:child_process'

let updated = false

/** Installs Debian's packages, where this is root on such a machine; says whether it did. */
export function installPackages(...names) {
  // Test files run beside each other: one waits for the other's installation.
  const install = ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...names]
  const steps = [...(updated ? [] : [['update']]), install]
  return steps.every(args => {
    const { status } = spawnSync('apt-get', args, {
      stdio: 'ignore',
      timeout: 600_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status === 0 && args[0] === 'update') updated = true
    return status === 0
  })
}

/**
 * The result of `find` on this machine; in CI, if it finds nothing, again after these packages have
 * been installed.
 */
export function foundOrInstalled(find, ...packages) {
  const found = find()
  if (found || !process.env.CI) return found
  return installPackages(...packages) ? find() : found
}
