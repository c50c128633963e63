/** The errors of calls that are made in the wrong place, or after their time. */

import { PlinthError } from '../base/errors.js'

/** An error for a call that would not be part of the transaction it was made in. */
export function outer(what: string): PlinthError {
  return new PlinthError('OUTER_DB_IN_TRANSACTION', `A call was made on the outer database from inside its ${what}.`, {
    hint:
      what === 'scope'
        ? 'Use the session that scope() passes to your function, or db.current(). If a body is sent after the end of the scope, read inside db.afterScope(async () => { ... }).'
        : 'Use the transaction that is passed to your function: transaction(async tx => { await tx.... }).',
  })
}

/** An error for close() inside a scope or a transaction, which it would wait for. */
export function closedInside(what: 'scope' | 'transaction' | 'blocking transaction'): PlinthError {
  return new PlinthError('OUTER_DB_IN_TRANSACTION', `close() was called inside a ${what} of the same database.`, {
    hint: `Close the database after the ${what}, from outside: it waits for running work.`,
  })
}

/** An error for a call after close(). */
export function closed(): PlinthError {
  return new PlinthError('CLOSED', 'The database handle is closed.', {
    hint: 'Make calls before close(), or open() a new handle.',
  })
}

/** An error for a call on what has ended. */
export function ended(what: string): PlinthError {
  return new PlinthError('SESSION_ENDED', `The ${what} has ended.`, {
    hint: `Make calls before it ends: await each one inside it.`,
  })
}

/** An error for a session whose transaction has idled for too long. */
export function idled(ms: number): PlinthError {
  return new PlinthError('TIMEOUT', `The session was rolled back: for ${ms} ms no call ran in its open transaction.`, {
    mayHaveCommitted: false,
    hint: 'Do slow reads and waits before the first write, or commit in between; idleTimeout sets the limit.',
  })
}
