/** How much a call keeps of what it destroys: its option, the configuration, and the one place that decides what holds without either. */

import { keepKind } from '../base/keep-kind.js'
import type { OptionTable } from '../base/option-kinds.js'
import type { KeepingOptions, KeepOptions, OpenOptions } from '../types/index.js'
import { guardOf } from './guard.js'
import type { Located } from './location.js'

/** The options of the calls that keep what they destroy. */
export const KEEP: OptionTable<keyof KeepingOptions> = { keep: keepKind }

const USUAL: Required<KeepOptions> = { maxBytes: 256 * 1024 * 1024, count: 3 }

/** How much is kept; undefined for nothing. Without the option: where something speaks against destroying. */
export function keepLimits(
  configured: KeepOptions | undefined,
  places: readonly Located[],
  { keep, env = process.env }: KeepingOptions & Pick<OpenOptions, 'env'>,
): Required<KeepOptions> | undefined {
  if (keep ?? guardOf(env, ...places) !== undefined)
    return { ...USUAL, ...configured, ...(typeof keep === 'object' && keep) }
  return undefined
}
