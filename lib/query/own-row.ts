/** Copies of rows that a call writes after it has returned: what their caller changes by then is not written. */

import { isBytes, millisOf } from '../base/instances.js'
import { isJsonNull } from '../base/json-null.js'
import { copyOfJson } from '../bridge/check-value.js'
import { property } from '../bridge/interpreted-encoder.js'
import type { Row } from '../bridge/request.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'

/** A row of its own with the values of another. Throws UNKNOWN_COLUMN, and VALUE_INVALID for a value that is not JSON. */
export function ownRow(model: ModelMeta, row: object): Row {
  for (const name in row) columnOf(model, name)
  const own: Row = {}
  for (const column of model.columns) {
    const value = property(row, column.property)
    if (value !== undefined) own[column.property] = typeof value === 'object' ? ownValue(column, value) : value
  }
  return own
}

/** A value that stays as it is; one that its column cannot hold is refused when it is packed. */
function ownValue(column: ColumnMeta, value: object | null): unknown {
  if (value === null || isJsonNull(value)) return value
  switch (column.kind) {
    case 'json':
      return copyOfJson(column, value)
    case 'bytes':
      return ownBytes(value)
    case 'timestamp':
      return value instanceof Date ? new Date(millisOf(value)) : value
    default:
      return value
  }
}

/** The same value; bytes as a copy. */
export function ownBytes<T>(value: T): T | Uint8Array {
  return isBytes(value) ? new Uint8Array(value) : value
}
