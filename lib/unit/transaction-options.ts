/** The options of transactions: checked, and in the numbers of the core. */

import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { plainOptions } from '../bridge/check-options.js'
import { LIMITS } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'

/** In the order of their numbers in the core, from 1; 0 is what the database does. */
const ISOLATIONS: readonly Isolation[] = ['read committed', 'repeatable read', 'serializable']

/** Throws where the options of a transaction are none. */
export function checkOptions(options: TransactionOptions | undefined): void {
  plainOptions('transaction', options, ['isolation', 'readOnly', 'retries', ...LIMITS])
  const { isolation, readOnly, retries } = options ?? {}
  if (isolation !== undefined && !ISOLATIONS.includes(isolation)) {
    throw wrong('isolation', ISOLATIONS.map(name => `'${name}'`).join(' or '), isolation)
  }
  if (readOnly !== undefined && typeof readOnly !== 'boolean') throw wrong('readOnly', 'true or false', readOnly)
  if (retries !== undefined && !(Number.isSafeInteger(retries) && retries >= 0)) {
    throw wrong('retries', 'a whole number from 0', retries)
  }
}

function wrong(name: string, expected: string, found: unknown): PlinthError {
  return new PlinthError('QUERY_INVALID', `transaction(): ${name} must be ${expected}, found ${shown(found)}.`)
}

/** A transaction inside another is a savepoint: what it sees, and whether it is tried again, the outer one says. */
export function onlyOutside(options: TransactionOptions | undefined): void {
  const named = (['isolation', 'readOnly', 'retries'] as const).find(name => options?.[name])
  if (named === undefined) return
  throw new PlinthError('QUERY_INVALID', `A transaction inside another cannot have ${named} of its own.`, {
    hint: `Say ${named} on the outer one.`,
  })
}

/** The number of an isolation in the core. */
export function isolationOf(options: TransactionOptions | undefined): number {
  return options?.isolation === undefined ? 0 : ISOLATIONS.indexOf(options.isolation) + 1
}
