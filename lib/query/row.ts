/** Rows as calls are passed them. */

import { isFields } from '../base/check-options.js'
import type { Row } from '../bridge/request.js'
import type { ColumnMeta } from '../models/metadata.js'

/** Whether a value can be a row: an object of columns, or an instance of a class with them. */
export function isRow(value: unknown): value is Row {
  return (
    isFields(value) ||
    (typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Date) &&
      !ArrayBuffer.isView(value))
  )
}

/** A row without these columns. */
export function without(values: Row, columns: readonly ColumnMeta[]): Row {
  const rest = { ...values }
  for (const column of columns) delete rest[column.property]
  return rest
}
