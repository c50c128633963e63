/** The guard that keeps a call which drops everything in a database from running by accident. */

import type { Located } from './location.js'

/** Why a call is refused without `force`, in words that follow "is refused". */
export interface Guard {
  readonly where: string
  readonly found: string
}

/**
 * The guard of a database; undefined if the call is allowed. `places`: the ways to the database.
 */
export function guardOf(
  env: Readonly<Record<string, string | undefined>>,
  ...places: readonly Located[]
): Guard | undefined {
  if (env.NODE_ENV === 'production') return { where: 'in production', found: 'NODE_ENV=production' }
  if (!places.some(place => place.remote)) return undefined
  return { where: `for a database on another machine (${places[0]?.shown})`, found: 'another machine' }
}
