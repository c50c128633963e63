/** Errors about a value of a call, told whose value it is. */

import { type PlinthError, ValidationError } from '../base/errors.js'
import type { Request } from './client.js'
import { inRow } from './encode.js'

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
