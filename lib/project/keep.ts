/** How much a call keeps of what it destroys: its option, the configuration, and the one place that decides what holds without either. */

import { keepKind } from '../base/keep-kind.js'
import type { OptionTable } from '../base/option-kinds.js'
import type { KeepingOptions, KeepOptions, OpenOptions } from '../types/index.js'
import { guardOf } from './guard.js'
import type { Located } from './location.js'

/** The options of the calls that keep what they destroy. */
export const KEEP: OptionTable<keyof KeepingOptions> = { keep: keepKind }

const USUAL: Required<KeepOptions> = { maxBytes: 256 * 1024 * 1024, count: 3 }

/**
 * The core's settings of kept rows: how much is kept, or how much if the database is protected;
 * nothing if nothing is kept.
 */
export interface Keeping {
  keep?: Required<KeepOptions>
  keepIfProtected?: Required<KeepOptions>
}

/** How much is kept. Without the option: where something speaks against destroying, which a protected database says itself. */
export function keepingOf(
  configured: KeepOptions | undefined,
  places: readonly Located[],
  { keep, env = process.env }: KeepingOptions & Pick<OpenOptions, 'env'>,
): Keeping {
  if (keep === false) return {}
  const limits = { ...USUAL, ...configured, ...(typeof keep === 'object' && keep) }
  const decided = keep !== undefined || guardOf(env, ...places) !== undefined
  return decided ? { keep: limits } : { keepIfProtected: limits }
}
