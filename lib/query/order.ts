/** The order of rows: from the `orderBy` of a call to its parts, and those into a query. */

import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { isFields, queryError } from '../bridge/check-options.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { jsonPath } from './json-path.js'
import type { QueryWriter } from './query-writer.js'

/** One part of an order. */
export interface OrderPart {
  readonly column: ColumnMeta
  readonly desc: boolean
  /** Where a null goes; without it before every value, as if it were less. */
  readonly nulls?: 'first' | 'last'
  /** The place in the column's JSON that it is by, as one text. */
  readonly path?: string
}

/** The options of one part of an order; `path` where the column holds JSON. */
const OPTIONS = ['direction', 'nulls']

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
  if (!isFields(given)) return { column, desc: direction(column, call, '', given) }
  const known = column.kind === 'json' ? ['path', ...OPTIONS] : OPTIONS
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    throw new PlinthError('UNKNOWN_OPTION', `${place(column, call)} has no option "${name}".`, {
      table: column.model.table,
      columns: [column.property],
      hint: `The options are: ${known.join(', ')}.`,
    })
  }
  const desc = direction(column, call, '.direction', given.direction)
  const path = 'path' in given ? { path: jsonPath(column, given.path) } : {}
  if (!('nulls' in given)) return { column, desc, ...path }
  const { nulls } = given
  if (nulls !== 'first' && nulls !== 'last') {
    throw queryError(`${place(column, call)}.nulls must be 'first' or 'last', found ${shown(nulls)}.`, column.model)
  }
  return { column, desc, nulls, ...path }
}

const place = (column: ColumnMeta, call: string) => `${column.model.name}.${call}: orderBy.${column.property}`

/** Whether downward. */
function direction(column: ColumnMeta, call: string, at: string, given: unknown): boolean {
  if (given === 'asc' || given === 'desc') return given === 'desc'
  throw queryError(`${place(column, call)}${at} must be 'asc' or 'desc', found ${shown(given)}.`, column.model)
}

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
