/** Keys of rows as text: equal for all spellings of a key that the database takes for one. */

import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import { ready } from './check-value.js'
import type { Ready } from './memory.js'
import type { Row } from './request.js'

/** A key as get() takes it, as the columns that it names. */
export function keyedBy(model: ModelMeta, id: unknown): Row {
  const [only, ...more] = model.key
  return only && more.length === 0 ? { [only.property]: id } : (id as Row)
}

/** The values of the key of a row as text; undefined if one of them is missing. */
export function keyText(model: ModelMeta, row: object): string | undefined {
  const parts: string[] = []
  for (const column of model.key) {
    const value = readyOf(column, row as Row)
    if (value === undefined) return undefined
    // The text of a Buffer is another than that of a plain Uint8Array.
    parts.push(value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))
  }
  return parts.length > 0 ? parts.join('\0') : undefined
}

/** The value of a column ready to be compared; undefined if the row does not have it, or it is none of the column's. */
export function readyOf(column: ColumnMeta, row: Row): Ready | undefined {
  if (!Object.hasOwn(row, column.property) || row[column.property] === undefined) return undefined
  try {
    return ready(column, row[column.property])
  } catch {
    return undefined
  }
}
