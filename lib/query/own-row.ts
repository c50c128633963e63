/** Copies of rows that a call writes after it has returned: what their caller changes by then is not written. */

import { isBytes, millisOf } from '../base/instances.js'
import { isJsonNull } from '../base/json-null.js'
import { copyOfJson } from '../bridge/check-value.js'
import { property } from '../bridge/interpreted-encoder.js'
import type { Row } from '../bridge/request.js'
import { inRowOf } from '../bridge/value-error.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'

/** Rows of their own with the values of others. Throws UNKNOWN_COLUMN, and VALUE_INVALID for a value that is not JSON. */
export function ownRows(model: ModelMeta, rows: readonly object[]): Row[] {
  const changeable = model.columns.filter(({ kind }) => kind === 'json' || kind === 'bytes' || kind === 'timestamp')
  return rows.map((row, i) => inRowOf(i, () => ownRow(model, changeable, row)))
}

function ownRow(model: ModelMeta, changeable: readonly ColumnMeta[], row: object): Row {
  const own: Row = Object.getPrototypeOf(row) === Object.prototype ? { ...row } : valuesOf(model, row)
  for (const column of changeable) {
    const value = property(own, column.property)
    if (typeof value === 'object' && value !== null) own[column.property] = ownValue(column, value)
  }
  return own
}

/** The values of an instance, whose class may have getters for them. */
function valuesOf(model: ModelMeta, row: object): Row {
  for (const name in row) columnOf(model, name)
  const values: Row = {}
  for (const { property: name } of model.columns) {
    const value = property(row, name)
    if (value !== undefined) values[name] = value
  }
  return values
}

/** A value that stays as it is; one that its column cannot hold is refused when it is packed. */
function ownValue(column: ColumnMeta, value: object): unknown {
  if (isJsonNull(value)) return value
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
