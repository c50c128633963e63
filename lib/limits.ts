/** How long a call may take, and who may stop it: `signal` and `timeout`, which every call takes. */

import { PlinthError } from './errors.js'
import type { Fields } from './options.js'
import type { CallOptions } from './types/index.js'
import { shown } from './values.js'

/** The names of these options, for the lists of what a call knows. */
export const LIMITS = ['signal', 'timeout'] as const

/** The limits among the options of a call, checked; undefined where it has none. */
export function limitsOf(call: string, given: Fields): CallOptions | undefined {
  const { signal, timeout } = given
  if (signal === undefined && timeout === undefined) return undefined
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong(call, 'signal', 'an AbortSignal', signal)
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    throw wrong(call, 'timeout', 'a number of milliseconds above 0', timeout)
  }
  return { ...(signal && { signal }), ...(timeout !== undefined && { timeout: timeout as number }) }
}

function wrong(call: string, name: string, expected: string, found: unknown): PlinthError {
  return new PlinthError('QUERY_INVALID', `${call}: ${name} must be ${expected}, found ${shown(found)}.`, {
    expected,
    found: shown(found),
  })
}
