/** Errors about values and rows of a call, with the place of each. */

import { PlinthError, ValidationError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import type { ColumnMeta } from '../models/metadata.js'
import type { Request } from './request.js'

/** An error for text that is half of a character, at this slot of a row. */
export function loneSurrogate(request: Request<unknown>, before: number, slot: number): PlinthError {
  const error = new ValidationError('expected well-formed text, found half of a surrogate pair.', {
    expected: 'well-formed text',
    found: 'half of a surrogate pair',
    hint: 'Clean it with String.prototype.toWellFormed().',
  })
  return placed(error, request, before * request.plan.params.length + slot)
}

/** An error about one parameter of a call, told whose value it is. */
export function placed(error: PlinthError, request: Request<unknown>, param: number): PlinthError {
  const params = request.plan.params.length
  const column = request.columns?.[param % params]
  const place = column ? `${column.model.name}.${column.property}` : 'A value of the query'
  Object.assign(error, { message: `${place}: ${error.message}` })
  if (column) Object.assign(error, { table: column.model.table, columns: [column.property] })
  const { rows, first = 0 } = request
  return rows > 1 || first > 0 ? (inRow(error, first + Math.floor(param / params)) as PlinthError) : error
}

/** Adds to a violation the values that caused it, unless one of them is private. */
export function withValues(
  error: PlinthError,
  columns: readonly ColumnMeta[],
  values: readonly unknown[],
): PlinthError {
  if (!error.columns?.length || error.found !== undefined || !error.code.endsWith('_VIOLATION')) return error
  const parts: string[] = []
  for (const name of error.columns) {
    const at = columns.findIndex(c => c.property === name && c.model.table === error.table)
    if (at < 0 || columns[at]?.private) return error
    const value = values[at]
    const moment = columns[at]?.wire === 'time' && typeof value === 'number'
    parts.push(`${name} = ${shown(moment ? new Date(value) : value)}`)
  }
  return Object.assign(error, { found: parts.join(', ') })
}

/** An error about a row: which of many it is. */
export function inRow(error: unknown, row: number): unknown {
  if (!(error instanceof PlinthError)) return error
  return Object.assign(error, { message: `Row ${row}: ${error.message}`, row })
}
