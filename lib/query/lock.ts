/** The lock of a read: its options, and how they are written in the query. */

import type { Fields } from '../base/check-options.js'
import { flag, type OptionTable, oneOf } from '../base/option-kinds.js'
import { queryError } from '../bridge/model-options.js'
import type { ModelMeta } from '../models/metadata.js'
import type { LockOptions } from '../types/index.js'
import type { QueryWriter } from './query-writer.js'

/** These options, for the tables of calls that take them. */
export const LOCK: OptionTable<keyof LockOptions> = {
  lock: oneOf(['update', 'share']),
  skipLocked: flag,
  noWait: flag,
}

/** Writes the lock if one is given. Throws QUERY_INVALID for options that do not go together. */
export function writeLock(query: QueryWriter, model: ModelMeta, call: string, given: Fields): void {
  const { lock, skipLocked, noWait } = given
  if (lock === undefined) {
    const alone = skipLocked ? 'skipLocked' : noWait ? 'noWait' : undefined
    if (alone === undefined) return
    const hint = `Add the lock: { lock: 'update', ${alone}: true }.`
    throw queryError(`${model.name}.${call}: ${alone} is for reads with a lock.`, model, hint)
  }
  if (skipLocked && noWait) {
    throw queryError(`${model.name}.${call}: skipLocked and noWait exclude each other.`, model, 'Pass one of them.')
  }
  if (given.distinct !== undefined) {
    const hint = 'Lock the rows first, then compare them in JavaScript.'
    throw queryError(`${model.name}.${call}: lock and distinct exclude each other.`, model, hint)
  }
  query.entry(`"lock":["${lock}","${skipLocked ? 'skip' : noWait ? 'fail' : 'wait'}"]`)
}

/** The error for a lock outside of a transaction, which would end with the statement. */
export function lockWithoutTransaction(model: ModelMeta, call: string): Error {
  return queryError(
    `${model.name}.${call}: a lock needs a transaction, a session or a scope.`,
    model,
    'Make the call on what db.transaction() hands to its function, on a session, or on db.current() in a scope: the lock lasts until that ends.',
  )
}
