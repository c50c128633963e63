/** How much a call keeps of what it destroys: its option, the configuration, and the one place that decides what holds without either. */

import { isObject, type Kind, type OptionTable } from '../base/option-kinds.js'
import type { KeepingOptions, KeepOptions, OpenOptions } from '../types/index.js'
import { KEEP_LIMITS } from './config.js'
import { guardOf } from './guard.js'
import type { Location, Project } from './project.js'

/** The value of `keep`. */
export const keepKind: Kind = {
  expected: 'true, false or an object with maxBytes and count',
  accepts: value => typeof value === 'boolean' || isObject(value),
  options: KEEP_LIMITS,
}

/** The options of the calls that keep what they destroy. */
export const KEEP: OptionTable<keyof KeepingOptions> = { keep: keepKind }

const USUAL: Required<KeepOptions> = { maxBytes: 256 * 1024 * 1024, count: 3 }

/** How much is kept; undefined for nothing. Without the option: where something speaks against destroying. */
export function keepLimits(
  project: Project,
  location: Location,
  options: KeepingOptions & Pick<OpenOptions, 'env'>,
): Required<KeepOptions> | undefined {
  const { keep, env = process.env } = options
  if (keep ?? guardOf(env, location.migration, location.database) !== undefined)
    return { ...USUAL, ...project.keep, ...(typeof keep === 'object' && keep) }
  return undefined
}
