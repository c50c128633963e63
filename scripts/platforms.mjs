// The platforms a binary is made for, in napi-rs' words, and which of them this machine is. lib/bridge/addon.ts speaks the same names.

/** The lowest version of glibc that a published binary runs on: the lowest of Rust itself, of 2012. */
export const lowestGlibc = '2.17'

/** @type {Record<string, { rust: string, os: string, cpu: string, libc?: string }>} */
export const platforms = {
  'linux-x64-gnu': { rust: 'x86_64-unknown-linux-gnu', os: 'linux', cpu: 'x64', libc: 'glibc' },
  'linux-arm64-gnu': { rust: 'aarch64-unknown-linux-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  'linux-x64-musl': { rust: 'x86_64-unknown-linux-musl', os: 'linux', cpu: 'x64', libc: 'musl' },
  'linux-arm64-musl': { rust: 'aarch64-unknown-linux-musl', os: 'linux', cpu: 'arm64', libc: 'musl' },
  'darwin-arm64': { rust: 'aarch64-apple-darwin', os: 'darwin', cpu: 'arm64' },
  'darwin-x64': { rust: 'x86_64-apple-darwin', os: 'darwin', cpu: 'x64' },
  'win32-x64-msvc': { rust: 'x86_64-pc-windows-msvc', os: 'win32', cpu: 'x64' },
}

/** The platform this script runs on, whether or not a binary is published for it. */
export function thisTriple() {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return `${base}-msvc`
  if (process.platform !== 'linux') return base
  return `${base}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

/** The binary's file name, in dist/ here and beside package.json in the platform package. */
export const binaryName = triple => `plinth.${triple}.node`

/**
 * The binaries in `files` of package.json: a package that was installed from git, or packed here,
 * runs by itself. The one that is published does not have it, see pack-platform.mjs.
 */
export const packedBinaries = 'dist/*.node'
