// Finding and loading the native addon, once, when it is first needed. Its functions are described
// in addon-types.ts.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlinthError } from '../base/errors.js'
import type { Native } from './addon-types.js'

let loaded: Native | undefined

/** The native addon. The first call loads it; later calls answer the same object. */
export function native(): Native {
  loaded ??= load()
  return loaded
}

/**
 * The platform in the words of the binaries' names: `linux-x64-gnu`, `darwin-arm64`,
 * `win32-x64-msvc`. A musl system (Alpine) is recognized by the missing glibc version in Node's
 * report.
 */
export function triple(): string {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') return `${base}-msvc`
  if (process.platform !== 'linux') return base
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined
  return `${base}-${report?.header?.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

/** In this order: what PLINTH_NATIVE names, the binary built beside index.js, the platform's package. */
function load(): Native {
  const named = process.env.PLINTH_NATIVE
  if (named) return loadFile(named, 'PLINTH_NATIVE')
  const platform = triple()
  const beside = join(__dirname, `plinth.${platform}.node`)
  if (existsSync(beside)) return loadFile(beside, beside)
  return loadPackage(`plinth-${platform}`, platform)
}

function loadFile(path: string, from: string): Native {
  try {
    return require(path) as Native
  } catch (cause) {
    throw missing(`Plinth's binary cannot be loaded from ${from}: ${reason(cause)}`, triple(), cause)
  }
}

function loadPackage(name: string, platform: string): Native {
  let path: string
  try {
    path = require.resolve(name)
  } catch (cause) {
    throw missing(
      `Plinth has no binary for this platform (${platform}): the package ${name} is not installed.`,
      platform,
      cause,
    )
  }
  return loadFile(path, name)
}

function missing(message: string, platform: string, cause: unknown): PlinthError {
  const hint = `Install plinth-${platform}, in the version of plinth (npm does so by itself, unless --omit=optional is set); or build Plinth from source and name the file in PLINTH_NATIVE.`
  return new PlinthError('NATIVE_MISSING', message, { hint, cause })
}

/** The first line: the loader's message goes on with the stack of modules that asked. */
function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] as string
}
