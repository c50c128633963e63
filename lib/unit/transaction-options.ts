/** The options of transactions: checked, and in the numbers of the core. */

import { checkOptions, type Fields } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { flag, type OptionTable, oneOf, wholeNumber } from '../base/option-kinds.js'
import { both, LIMITS, type Limits, limitsOf, Stopper } from '../bridge/stopping.js'
import type { Isolation, ScopeOptions, SessionOptions, TransactionOptions } from '../types/index.js'
import type { RowsRead } from './rows-read.js'

/** In the order of their numbers in the core, from 1; 0 is what the database does. */
const ISOLATIONS: readonly Isolation[] = ['read committed', 'repeatable read', 'serializable']

const OPTIONS: OptionTable<keyof TransactionOptions> = {
  isolation: oneOf(ISOLATIONS),
  readOnly: flag,
  retries: wholeNumber(0),
  ...LIMITS,
}

/** The options of a session and of a scope. */
export const SESSION: OptionTable<keyof SessionOptions> = {
  isolation: OPTIONS.isolation,
  idleTimeout: LIMITS.timeout,
  ...LIMITS,
}

/** The options of a scope that a function runs in. */
const SCOPE: OptionTable<keyof ScopeOptions> = { ...SESSION, retries: OPTIONS.retries }

/** How a session is to be. */
export interface SessionSettings {
  /** The limit of the transaction as a whole. */
  readonly stopper?: Stopper | undefined
  /** How many milliseconds it may last, if there is no stopper. */
  readonly timeout?: number | undefined
  readonly isolation?: Isolation | undefined
  /** How many milliseconds its transaction may stay open with no call or stream in it. */
  readonly idleTimeout?: number | undefined
  /** Whether its timers keep the process alive: where its work is awaited. */
  readonly awaited?: boolean | undefined
  /** Notes the rows that it reads, if the function that it is for may be run again. */
  readonly reads?: RowsRead | undefined
  /** Names whom it is for, in errors and warnings: a route, or the call that made it. */
  readonly owner: () => string
}

/**
 * The settings among the options of a session or a scope; `outer`: the limits of the view that it is made on. Throws
 * UNKNOWN_OPTION, QUERY_INVALID.
 */
export function sessionSettings(
  call: 'session' | 'scope',
  options: SessionOptions | undefined,
  outer: Limits | undefined,
): SessionSettings {
  const awaited = call === 'scope'
  checkOptions({ call: `${call}()` }, awaited ? SCOPE : SESSION, options)
  const limits = both(limitsOf(options as Fields | undefined), outer)
  return {
    stopper: limits && new Stopper(limits, !awaited),
    awaited,
    isolation: options?.isolation,
    idleTimeout: options?.idleTimeout,
    owner: () => `db.${call}()`,
  }
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
    hint: `Set ${named} on the outer one.`,
  })
}

/** An option of open(): the isolation of units of work that do not say their own. */
export const ISOLATION: OptionTable<'isolation'> = { isolation: OPTIONS.isolation }

/** The number in the core of the isolation of a unit of work, `initial` if it does not say its own. */
export function isolationOf(options: Partial<TransactionOptions> | undefined, initial: Isolation | undefined): number {
  const isolation = options?.isolation ?? initial
  // A snapshot is one, unless its own options say otherwise.
  if (
    isolation === undefined ||
    (options?.readOnly && options.isolation === undefined && isolation === 'read committed')
  ) {
    return 0
  }
  return ISOLATIONS.indexOf(isolation) + 1
}
