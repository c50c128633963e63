/** Checking the options of calls that belong to no table. */

import { PlinthError } from './errors.js'
import { shown } from './values.js'

/** An object with none but these keys, or undefined. Throws QUERY_INVALID, UNKNOWN_OPTION. */
export function plainOptions(call: string, given: unknown, known: readonly string[]): void {
  if (given === undefined) return
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new PlinthError('QUERY_INVALID', `${call}() expected an object of options, found ${shown(given)}.`)
  }
  for (const key in given) {
    if (known.includes(key)) continue
    throw new PlinthError('UNKNOWN_OPTION', `${call}() has no option "${key}".`, {
      hint: `The options are: ${known.join(', ')}.`,
    })
  }
}
