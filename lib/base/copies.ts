/** Two copies of the package in one process: how each tells its own objects from those of the other. */

import { dirname } from 'node:path'
import { ownFile } from './own-file.js'
import { version } from './version.js'

/** Which copy an object is of. Every copy knows this symbol. */
const COPY = Symbol.for('plinth.copy')

/** A copy of the package. Two that were loaded from one folder are two as well. */
interface Copy {
  readonly version: string
  readonly folder: string
}

const here: Copy = { version, folder: dirname(dirname(ownFile)) }

/** Marks the objects that have this prototype as those of this copy. */
export function markCopy(prototype: object): void {
  Object.defineProperty(prototype, COPY, { value: here })
}

/** Of an object of another copy: both copies by version and folder, and what to do. Undefined for anything else. */
export function otherCopy(value: unknown): { readonly found: string; readonly hint: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const copy = (value as { readonly [COPY]?: Copy })[COPY]
  if (copy === undefined || copy === here) return undefined
  const both = [copy, here].map(one => `${one.version} at ${one.folder}`)
  return {
    found: `a handle of another copy of plinth (two copies: ${both.join(', ')})`,
    hint:
      copy.folder === here.folder
        ? 'plinth was loaded twice from one folder: a test runner that resets modules does that. Import open() and the code that uses its handle once.'
        : '`npm ls plinth` shows which packages depend on each copy. `npm dedupe`, or one version in every package.json, leaves one.',
  }
}
