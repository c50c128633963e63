/** Errors about values and rows of a call, with the place of each. */

import type { AtomicChange } from '../base/atomic.js'
import { copyError, errorOf, type Failure, PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { ColumnMeta } from '../models/metadata.js'
import type { Request } from './request.js'

/** An error for text that is half of a character, at this slot of a row. */
export function loneSurrogate(request: Request<unknown>, before: number, slot: number): PlinthError {
  const failure: Failure = {
    code: 'VALUE_INVALID',
    message: 'expected well-formed text, found half of a surrogate pair.',
    expected: 'well-formed text',
    found: 'half of a surrogate pair',
    hint: 'Clean it with String.prototype.toWellFormed().',
  }
  return errorOf(placed(failure, request, before * request.plan.params.length + slot))
}

/** Adds to a failure about one parameter of a call whose value it is. */
export function placed(failure: Failure, request: Request<unknown>, param: number): Failure {
  const params = request.plan.params.length
  const column = request.columns?.[param % params]
  const place = column ? `${column.model.name}.${column.property}` : 'A value of the query'
  const message = `${place}: ${failure.message}`
  const at = column && { table: column.model.table, columns: [column.property] }
  const { rows, first = 0 } = request
  const found = { ...failure, message, ...at }
  return rows > 1 || first > 0 ? inRow(found, first + Math.floor(param / params)) : found
}

/** Adds to a violation the values that caused it, unless one of them is private. */
export function withValues(
  failure: Failure,
  columns: readonly ColumnMeta[],
  values: readonly unknown[],
  changes?: Changes,
): Failure {
  if (!failure.columns?.length || failure.found !== undefined || !isViolation(failure)) return failure
  const parts: string[] = []
  for (const name of failure.columns) {
    const at = columns.findIndex(c => c.property === name && c.model.table === failure.table)
    const column = columns[at]
    // Of an atomic change it is not known what the column would have.
    if (!column || column.private || changes?.has(column)) return failure
    const value = values[at]
    const moment = column.wire === 'time' && typeof value === 'number'
    parts.push(`${name} = ${shown(moment ? new Date(value) : value)}`)
  }
  return { ...failure, found: parts.join(', ') }
}

/** Atomic changes, by their columns. */
export type Changes = ReadonlyMap<ColumnMeta, AtomicChange>

/** The core's expectation in an error of each change: of the sum, of the existing JSON. */
const EXPECTED = {
  add: 'a number within the range of its column',
  append: 'a JSON array',
  merge: 'a JSON object',
}

/** Adds to the failure of an atomic change the columns that it may be about: the database does not say which. */
export function withChange(failure: Failure, changes: Changes): Failure {
  const { code, expected, found } = failure
  if (code !== 'VALUE_INVALID' || failure.columns?.length) return failure
  const columns = [...changes].filter(([, { change }]) => EXPECTED[change] === expected).map(([column]) => column)
  const [first] = columns
  if (!first) return failure
  const places = columns.map(column => `${column.model.name}.${column.property}`).join(', ')
  const about = { ...failure, table: first.model.table, columns: columns.map(column => column.property) }
  if (expected !== EXPECTED.add) return { ...about, message: `${places}: expected ${expected}, found ${found}.` }
  return {
    ...about,
    code: 'OUT_OF_RANGE',
    message: `${places}: the sum is out of the range of the column.`,
    hint: RANGE_HINT,
  }
}

const RANGE_HINT = 'Nothing was changed. A c.bigint() column holds 64 bits, a c.decimal(18) 18 digits.'

/** Whether a constraint refused a row. */
export const isViolation = ({ code }: Failure) => code.endsWith('_VIOLATION')

/** Codes of failures that are about one row, beside violations. Others, such as a conflict, only came while a row was written. */
const OF_A_ROW: readonly string[] = [
  'OUT_OF_RANGE',
  'PERMISSION_DENIED',
  'SQL_FAILED',
  'VALUE_INVALID',
  'VALUE_UNREADABLE',
]

/** Adds to a failure of a call of many rows which of them it is about, if it is about one. `first`: the place of its first row among those of the user. */
export function ofRow(failure: Failure, first: number): Failure {
  const { row, ...rest } = failure
  if (isViolation(failure)) return inRow(failure, first + (row ?? 0))
  if (row === undefined) return failure
  return OF_A_ROW.includes(failure.code) ? inRow(failure, first + row) : rest
}

/** Adds to a failure about a row which of many it is. */
export const inRow = (failure: Failure, row: number): Failure => ({ ...failure, ...rowOf(failure, row) })

/** The error of a row with its number; anything else that was thrown as it is. */
export function errorInRow(thrown: unknown, row: number): unknown {
  return thrown instanceof PlinthError ? copyError(thrown, rowOf(thrown, row)) : thrown
}

const rowOf = ({ message }: { message: string }, row: number) => ({ message: `Row ${row}: ${message}`, row })

/**
 * Addition to the failure of a write that stood alone: if its answer cannot be read, it may have
 * been committed.
 */
export function unknownWrite({ code, hint, mayHaveCommitted }: Failure): Partial<Failure> {
  if (code !== 'VALUE_UNREADABLE' || mayHaveCommitted !== undefined) return {}
  const look = 'The write may have been committed: check before you retry.'
  return { mayHaveCommitted: true, hint: hint === undefined ? look : `${look} ${hint}` }
}

/** Runs `work`; its error names the row. */
export function inRowOf<T>(row: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw errorInRow(error, row)
  }
}
