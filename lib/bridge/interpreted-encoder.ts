/**
 * Rows to insert without generated code: the columns are gone through for each row. The code that
 * encode.ts generates does the same, faster.
 */

import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { BIG, bigints, DATA, floats, ints, loose, NULL, putBytes, type Ready } from './memory.js'

/** Puts one row at a slot; gives the row as a read would. */
export type Encode = (values: object, slot: number, now: number) => Record<string, unknown>

/** The encoder of a model's rows. `ready` checks a value, or finds the default of one that is absent, and makes it ready to cross. */
export function interpretedEncoder(
  model: ModelMeta,
  columns: readonly ColumnMeta[],
  ready: (column: ColumnMeta, value: unknown, now: number) => Ready,
): Encode {
  const known = new Set(model.columns.map(column => column.property))
  const shown = model.columns.filter(column => !column.private)
  return (given, slot, now) => {
    for (const key in given) if (!known.has(key)) columnOf(model, key)
    let text = ''
    const values = new Map<ColumnMeta, unknown>()
    columns.forEach((column, k) => {
      const value = ready(column, property(given, column.property), now)
      text += put(column, value, slot + DATA + k)
      values.set(column, returned(column, value))
    })
    if (text !== '') loose.text += text
    const row = {}
    for (const column of shown) {
      // The key that the database makes is set when it is known.
      const key = column.kind === 'bigId' ? 0n : 0
      const value = values.has(column) ? values.get(column) : key
      Object.defineProperty(row, column.property, { value, enumerable: true, configurable: true, writable: true })
    }
    return row
  }
}

/** The value that a row has for a column. One called toString is not given by what every object inherits. */
export function property(given: object, name: string): unknown {
  return name in Object.prototype && !Object.hasOwn(given, name) ? undefined : (given as Record<string, unknown>)[name]
}

/** Puts one value at its slot; gives the text that belongs to it. */
function put(column: ColumnMeta, value: Ready, at: number): string {
  switch (column.kind) {
    case 'id':
    case 'integer':
    case 'int32':
      ints[at] = value === null ? NULL : BIG
      if (value === null) return ''
      if (((value as number) | 0) === value && value > BIG) ints[at] = value
      else floats[at] = value as number
      return ''
    case 'bigId':
    case 'bigint':
      ints[at] = value === null ? -1 : 0
      if (value !== null) bigints[at] = value as bigint
      return ''
    case 'real':
    case 'timestamp':
      floats[at] = value === null ? Number.NaN : (value as number)
      return ''
    case 'boolean':
      ints[at] = value === null ? NULL : value ? 1 : 0
      return ''
    case 'bytes':
      ints[at] = value === null ? -1 : (value as Uint8Array).length
      if (value !== null) putBytes(value as Uint8Array)
      return ''
    default:
      ints[at] = value === null ? -1 : (value as string).length
      return value === null ? '' : (value as string)
  }
}

/** The value as a read gives it. */
function returned(column: ColumnMeta, value: Ready): unknown {
  if (value === null) return null
  switch (column.kind) {
    case 'timestamp':
      return new Date(value as number)
    case 'json':
      return loose.copy
    case 'bytes':
      return new Uint8Array(value as Uint8Array)
    default:
      return value
  }
}
