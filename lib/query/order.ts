/** The order of rows: from the `orderBy` of a call to its parts, and those into a query. */

import { type Fields, firstFault, isFields, optionFault, type Place, wrongValue } from '../base/check-options.js'
import { errorOf } from '../base/errors.js'
import { anything, oneOf } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { queryError } from '../bridge/model-options.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { jsonPath } from './json-path.js'
import type { QueryWriter } from './query-writer.js'

/** One part of an order. */
export interface OrderPart {
  readonly column: ColumnMeta
  readonly desc: boolean
  /** The place of a null; by default before every value, as if it were less. */
  readonly nulls?: 'first' | 'last'
  /** The place in the column's JSON that it is by, as one text. */
  readonly path?: string
}

const DIRECTION = oneOf(['asc', 'desc'])
/** The options of one part of an order. */
const OPTIONS = { direction: DIRECTION, nulls: oneOf(['first', 'last']) }
/** The options of one part of an order by a column that holds JSON. `path` is checked where it is read. */
const JSON_OPTIONS = { path: anything, ...OPTIONS }

/** The parts of an `orderBy`, checked. */
export function orderParts(model: ModelMeta, call: string, given: unknown): OrderPart[] {
  const parts: OrderPart[] = []
  for (const entry of Array.isArray(given) ? given : [given]) {
    if (!isFields(entry))
      throw queryError(
        `${model.name}.${call}: orderBy must be an object such as { id: 'desc' }, found ${shown(entry)}.`,
        model,
      )
    for (const property of Object.keys(entry)) parts.push(orderPart(columnOf(model, property), call, entry[property]))
  }
  return parts
}

/** One part: a direction, or an object of direction and nulls. */
export function orderPart(column: ColumnMeta, call: string, given: unknown): OrderPart {
  if (given === 'asc' || given === 'desc') return { column, desc: given === 'desc' }
  const { kind, property } = column
  if (!isFields(given)) throw errorOf(wrongValue(placeOf(column, call, 'orderBy'), property, DIRECTION, given))
  const known = kind === 'json' ? JSON_OPTIONS : OPTIONS
  const fault = firstFault(known, given) ?? missing(given)
  if (fault !== undefined)
    throw errorOf(optionFault(placeOf(column, call, `orderBy.${property}`), known, fault, given[fault]))
  const desc = given.direction === 'desc'
  const path = 'path' in given ? { path: jsonPath(column, given.path) } : {}
  if (!('nulls' in given)) return { column, desc, ...path }
  return { column, desc, nulls: given.nulls as 'first' | 'last', ...path }
}

/** The option of a part whose value is undefined and must not be. */
function missing(given: Fields): 'direction' | 'nulls' | undefined {
  if (given.direction === undefined) return 'direction'
  return 'nulls' in given && given.nulls === undefined ? 'nulls' : undefined
}

const placeOf = ({ model, property }: ColumnMeta, call: string, option: string): Place => ({
  call: `${model.name}.${call}`,
  option,
  fields: { table: model.table, columns: [property] },
})

/** Writes an order of rows. */
export function writeOrder(query: QueryWriter, parts: readonly OrderPart[]): void {
  query.open('"orderBy":[')
  for (const { column, desc, nulls, path } of parts) {
    const by = `${column.quoted},"${desc ? 'desc' : 'asc'}"`
    if (path !== undefined) query.bind(`[${by},"${nulls ?? ''}","path"]`, path)
    else query.entry(nulls ? `[${by},"${nulls}"]` : `[${by}]`)
  }
  query.close(']')
}
