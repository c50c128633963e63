/** The options of transactions: checked, and in the numbers of the core. */

import { checkOptions } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { flag, type OptionTable, oneOf, wholeNumber } from '../base/option-kinds.js'
import { LIMITS } from '../bridge/stopping.js'
import type { Isolation, TransactionOptions } from '../types/index.js'

/** In the order of their numbers in the core, from 1; 0 is what the database does. */
const ISOLATIONS: readonly Isolation[] = ['read committed', 'repeatable read', 'serializable']

const OPTIONS: OptionTable<keyof TransactionOptions> = {
  isolation: oneOf(ISOLATIONS),
  readOnly: flag,
  retries: wholeNumber(0),
  ...LIMITS,
}

/** Checks the options of a transaction. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function checkTransactionOptions(options: TransactionOptions | undefined): void {
  checkOptions({ call: 'transaction()' }, OPTIONS, options)
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
