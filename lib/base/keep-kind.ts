/** The option `keep`: how much is kept of what a call destroys. */

import { isObject, type Kind, type OptionTable, wholeNumber } from './option-kinds.js'

/** Its limits; the configuration has them, too. */
export const KEEP_LIMITS: OptionTable<'maxBytes' | 'count'> = {
  maxBytes: wholeNumber(1),
  count: wholeNumber(1, 1000),
}

/** Its value. */
export const keepKind: Kind = {
  expected: 'true, false or an object with maxBytes and count',
  accepts: value => typeof value === 'boolean' || isObject(value),
  options: KEEP_LIMITS,
}
