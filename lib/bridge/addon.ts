// Finding and loading the native addon, once, when it is first needed. Its functions are described
// in addon-types.ts.

import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { PlinthError } from '../base/errors.js'
import { ownFile, requireHere } from '../base/own-file.js'
import type { Native } from './addon-types.js'

/** The packages of the platforms, by names that a tracer can read. It copies the installed one. */
const PACKAGES: Record<string, (() => unknown) | undefined> = {
  'linux-x64-gnu': () => requireHere('plinth-linux-x64-gnu'),
  'linux-arm64-gnu': () => requireHere('plinth-linux-arm64-gnu'),
  'linux-x64-musl': () => requireHere('plinth-linux-x64-musl'),
  'linux-arm64-musl': () => requireHere('plinth-linux-arm64-musl'),
  'darwin-arm64': () => requireHere('plinth-darwin-arm64'),
  'darwin-x64': () => requireHere('plinth-darwin-x64'),
  'win32-x64-msvc': () => requireHere('plinth-win32-x64-msvc'),
}

let loaded: Native | undefined

/** The native addon. The first call loads it; later calls answer the same object. */
export function native(): Native {
  loaded ??= load()
  return loaded
}

/** The platform in the words of the binaries' names: `linux-x64-gnu`, `darwin-arm64`, `win32-x64-msvc`. */
export function triple(): string {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return `${base}-msvc`
  if (process.platform !== 'linux') return base
  return `${base}-${isMusl() ? 'musl' : 'gnu'}`
}

/**
 * Whether the C library of this process is musl, as on Alpine: its program names the loader of musl
 * at its beginning. Node's report has the version of glibc, but takes a tenth of a start.
 */
function isMusl(): boolean {
  const head = Buffer.alloc(4096)
  try {
    const program = openSync(process.execPath, 'r')
    try {
      readSync(program, head, 0, head.length, 0)
    } finally {
      closeSync(program)
    }
  } catch {
    // Most systems have glibc. If this one has not, loading fails.
    return false
  }
  return head.includes('/ld-musl-')
}

/** In this order: the file that PLINTH_NATIVE names, a binary beside index.js, the platform's package. */
function load(): Native {
  const named = process.env.PLINTH_NATIVE
  if (named) return loadFile(named, 'PLINTH_NATIVE')
  const platform = triple()
  const { beside, inPackage } = filesOf(platform)
  if (existsSync(beside)) return loadFile(beside, beside)
  try {
    const addon = PACKAGES[platform]?.()
    if (addon !== undefined) return addon as Native
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw unloadable(`plinth-${platform}`, cause)
    // The build of Next.js copies the binary without the package.json that names it.
    if (existsSync(inPackage)) return loadFile(inPackage, inPackage)
    throw missing(platform, cause)
  }
  throw missing(platform, undefined)
}

/** The binary beside this file, and in the platform's package beside ours. Tracers read these paths if they begin with `__dirname`. */
function filesOf(platform: string): { beside: string; inPackage: string } {
  if (typeof __dirname === 'string') {
    return {
      beside: join(__dirname, `plinth.${platform}.node`),
      inPackage: join(__dirname, '..', '..', `plinth-${platform}`, `plinth.${platform}.node`),
    }
  }
  const beside = join(dirname(ownFile), `plinth.${platform}.node`)
  return { beside, inPackage: beside }
}

function loadFile(path: string, from: string): Native {
  try {
    return requireHere(path) as Native
  } catch (cause) {
    throw unloadable(from, cause)
  }
}

function unloadable(from: string, cause: unknown): PlinthError {
  const platform = triple()
  return new PlinthError('NATIVE_MISSING', `Plinth's binary cannot be loaded from ${from}: ${reason(cause)}`, {
    hint: installHint(platform),
    cause,
  })
}

/** No binary was found: Plinth runs from a bundle, or its package is not installed. */
function missing(platform: string, cause: unknown): PlinthError {
  const name = `plinth-${platform}`
  if (!isBundled()) {
    const message = `Plinth has no binary for this platform (${platform}): the package ${name} is not installed.`
    return new PlinthError('NATIVE_MISSING', message, { hint: installHint(platform), cause })
  }
  const hint = process.env.NEXT_RUNTIME
    ? "Add this line to the configuration of Next.js: serverExternalPackages: ['plinth']"
    : `Leave plinth out of the bundle: external: ['plinth'] in esbuild, Rollup and Vite, externals: { plinth: 'commonjs plinth' } in webpack. Or install ${name} where the bundle runs.`
  const message = `Plinth was bundled into another file, and its package ${name} is not found from there.`
  return new PlinthError('NATIVE_MISSING', message, { hint, cause })
}

const installHint = (platform: string): string =>
  `Install plinth-${platform}, in the version of plinth (npm does so by itself, unless --omit=optional is set); or build Plinth from source and name the file in PLINTH_NATIVE.`

/** Whether this file is not the one of the package. Some bundlers name a file that does not exist. */
function isBundled(): boolean {
  return basename(ownFile) !== 'plinth.js' || !existsSync(ownFile) || !existsSync(join(dirname(ownFile), 'cli.js'))
}

/** The first line: the loader's message goes on with the stack of modules that asked. */
function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] as string
}
