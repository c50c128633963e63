/** The file that this code runs from, of the package or of a bundle, and `require` as of that file. */

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

// Tracers recognize `createRequire` in this form only: they then copy the packages that `requireHere` names.
// Bundlers leave such calls as they are.
const { createRequire } = require('node:module') as typeof import('node:module')

/** The file; a bundle that is an ES module has no `__filename`. */
export const ownFile: string = typeof __filename === 'string' ? resolve(__filename) : fileOfModule()

/** Loads what cannot be part of a bundle: binaries, and packages that load files of their own. */
export const requireHere = createRequire(ownFile)

/** The file of the innermost frame. */
function fileOfModule(): string {
  const url = /file:\/\/\S+?(?=:\d+:\d+)/.exec(new Error().stack ?? '')?.[0]
  return url === undefined ? resolve('bundle.js') : fileURLToPath(url)
}
