/** What keeps a call that drops all that a database holds from running by accident. */

import type { Located } from './location.js'

/** Why a call is refused without `force`, in words that follow "is refused". */
export interface Guard {
  readonly where: string
  readonly found: string
}

/** The guard of a database; undefined where none forbids the call. `places`: the ways to the database. */
export function guardOf(
  env: Readonly<Record<string, string | undefined>>,
  ...places: readonly Located[]
): Guard | undefined {
  if (env.NODE_ENV === 'production') return { where: 'in production', found: 'NODE_ENV=production' }
  if (!places.some(place => place.remote)) return undefined
  return { where: `where the database is on another machine (${places[0]?.shown})`, found: 'another machine' }
}
