/** The order of rows: from the `orderBy` of a call to its parts, and those as the JSON of a query. */

import { type ColumnMeta, columnOf, type ModelMeta } from './meta.js'
import { isFields, queryError } from './options.js'
import { shown } from './values.js'

/** One part of an order. */
export interface OrderPart {
  readonly column: ColumnMeta
  readonly desc: boolean
  /** Where a null goes; without it before every value, as if it were less. */
  readonly nulls?: 'first' | 'last'
}

/** The parts of an `orderBy`, checked. */
export function orderParts(model: ModelMeta, call: string, given: unknown): OrderPart[] {
  const parts: OrderPart[] = []
  for (const entry of Array.isArray(given) ? given : [given]) {
    if (!isFields(entry))
      throw queryError(
        `${model.name}.${call}: orderBy must be an object such as { id: 'desc' }, found ${shown(entry)}.`,
        model,
      )
    for (const property of Object.keys(entry)) {
      const column = columnOf(model, property)
      const direction = entry[property]
      if (direction !== 'asc' && direction !== 'desc') {
        throw queryError(
          `${model.name}.${call}: orderBy.${property} must be 'asc' or 'desc', found ${shown(direction)}.`,
          model,
        )
      }
      parts.push({ column, desc: direction === 'desc' })
    }
  }
  return parts
}

/** Parts as the core reads them. */
export function orderJson(parts: readonly OrderPart[]): string {
  return JSON.stringify(
    parts.map(({ column, desc, nulls }) => [column.property, desc ? 'desc' : 'asc', ...(nulls ? [nulls] : [])]),
  )
}
