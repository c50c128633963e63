// Paths of the machine that builds a release: kept out of the binary by the compiler, and looked for in it afterwards.
import { homedir } from 'node:os'
import { join, sep } from 'node:path'
import { root } from './run.mjs'

const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')

/** Flags of rustc that write these names into the binary instead of the paths. If two paths match, the later flag counts. */
export const remapped = [
  [homedir(), '/home'],
  [cargoHome, '/cargo'],
  [root, '/plinth'],
].map(([path, name]) => `--remap-path-prefix=${path}=${name}`)

/** The beginnings of the paths that a binary contains all the same. */
export function buildPathsIn(file) {
  const ours = ['src', 'target'].map(name => join(root, name))
  return [cargoHome, ...ours, homedir()].map(path => path + sep).filter(path => file.includes(path))
}
