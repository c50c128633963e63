// zig as a linker of Rust programs, from PyPI: it has the symbols of every glibc, so that a binary runs on systems older than this one.
import { join } from 'node:path'
import { installFromPypi } from './pypi.mjs'
import { Failure, root } from './run.mjs'

const folder = join(root, 'target', 'zig')

/** The command that stands for cargo, and its environment. Its caches stay in target/. */
export function zig() {
  const { home, path, problem } = installFromPypi({
    folder,
    list: 'scripts/zig.txt',
    program: join('bin', 'cargo-zigbuild'),
  })
  if (problem !== undefined) throw new Failure(`zig was not installed: python3 with pip gets it from PyPI. ${problem}`)
  return {
    command: path,
    env: {
      CARGO_ZIGBUILD_ZIG_PATH: join(home, 'ziglang', 'zig'),
      CARGO_ZIGBUILD_CACHE_DIR: join(home, 'cache'),
      ZIG_GLOBAL_CACHE_DIR: join(home, 'cache'),
      ZIG_LOCAL_CACHE_DIR: join(home, 'cache'),
    },
  }
}
