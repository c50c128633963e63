// Packing this repository as `npm pack` does, for what judges or uses the package: with the addon that exists, whatever its profile.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Failure, root } from './run.mjs'

/** Packs the repository into a folder; answers the tarball's path. */
export function packInto(folder) {
  const { status, stdout, stderr } = npm(root, ['pack', '--silent', '--pack-destination', folder], {
    PLINTH_BUILD_PROFILE: 'debug',
  })
  if (status !== 0) throw new Failure(`npm pack failed:\n${stdout}${stderr}`)
  return join(folder, stdout.trim().split('\n').at(-1))
}

/**
 * Runs npm in a folder, in the environment of a user's shell: without the variables of npm for this repository. Its output
 * is captured, except if `options` say otherwise.
 */
export function npm(cwd, args, env = {}, options = {}) {
  const windows = process.platform === 'win32'
  const ours = /^(npm_|INIT_CWD$|NODE_ENV$|NODE_TEST_CONTEXT$|(MIGRATION_)?DATABASE_URL$|PLINTH_)/i
  const users = Object.entries(process.env).filter(([name]) => !ours.test(name))
  return spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd,
    encoding: 'utf8',
    shell: windows,
    env: { ...Object.fromEntries(users), ...env },
    ...options,
  })
}
