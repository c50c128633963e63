/** Pages: a list that goes on behind the last row of the page before, whatever was inserted or deleted meanwhile. */

import { type Fields, wrongValue } from '../base/check-options.js'
import { errorOf, type Failure } from '../base/errors.js'
import { anything, wholeNumber } from '../base/option-kinds.js'
import { modelOptions, modelPlace, queryError } from '../bridge/model-options.js'
import { LIMITS } from '../bridge/stopping.js'
import type { ModelMeta } from '../models/metadata.js'
import { type Behind, cursorOf, invalidCursor, read } from './cursor.js'
import { type OrderPart, orderParts, writeOrder } from './order.js'
import { QueryWriter } from './query-writer.js'
import { named, writePart, writeSkips } from './select.js'
import { UNREADABLE } from './unreadable.js'
import { writeWhere } from './where.js'

const LIMIT = wholeNumber(1, Number.MAX_SAFE_INTEGER - 1)
/** Options without a kind are checked where they are written. */
const OPTIONS = {
  where: anything,
  orderBy: anything,
  limit: LIMIT,
  after: anything,
  select: anything,
  include: anything,
  ...UNREADABLE,
  ...LIMITS,
}

/** A page, as `page` gives it. */
export interface Rows {
  readonly rows: Fields[]
  readonly next: string | null
}

/** A query, and what is made of its rows. */
export interface Paging {
  readonly query: QueryWriter
  /** How many rows are looked at: at least one more than the page has, which says whether there is another. */
  readonly rows: number
  /** The failure if the database refuses a value of the cursor that only it can check. */
  readonly refusal: Failure | undefined
  /** `beside`: of each row the moments of the order, with every digit; null if milliseconds say all of one. */
  read(rows: Fields[], beside: readonly unknown[]): Rows
  /** The same if so many of the rows were left out. Undefined: there is more, but no row that could say where. */
  read(rows: Fields[], beside: readonly unknown[], skipped: number): Rows | undefined
}

/** The options of a call of `page`, checked. Throws UNKNOWN_OPTION, QUERY_INVALID. */
export function pageOptions(model: ModelMeta, asked: unknown): Fields {
  const given = modelOptions(model, 'page', OPTIONS, asked)
  if (given.limit === undefined) throw errorOf(wrongValue(modelPlace(model, 'page'), 'limit', LIMIT, undefined))
  return given
}

/** The query of a call of `page` whose options were checked. `rows`: how many are looked at. */
export function paging(model: ModelMeta, given: Fields, rows?: number): Paging {
  const { limit } = given
  const parts = total(model, given.orderBy === undefined ? [] : orderParts(model, 'page', given.orderBy))
  const query = new QueryWriter('list', model)
  writeSkips(query, given)
  if ('where' in given) writeWhere(query, model, given.where)
  const behind = given.after === undefined || given.after === null ? [] : read(model, parts, given.after)
  if (behind.length) writeAfter(query, behind)
  const isUnchecked = behind.some(({ unchecked }) => unchecked)
  const refusal = isUnchecked ? invalidCursor(model, 'it holds a value that the database refuses') : undefined
  const moments = parts.filter(({ column }) => column.wire === 'time')
  if (moments.length) query.entry(`"exact":${JSON.stringify(moments.map(({ column }) => column.property))}`)
  writeOrder(query, parts)
  // The columns that the order needs and select leaves out are fetched, and left out again.
  const more = given.select === undefined ? [] : missing(model, parts, given.select)
  const select = more.length === 0 ? given.select : [...(given.select as string[]), ...more]
  const seen = Math.min(rows ?? (limit as number) + 1, Number.MAX_SAFE_INTEGER)
  const rest = { limit: seen, ...(select !== undefined && { select }) }
  writePart(query, model, 'page', { ...rest, ...(given.include !== undefined && { include: given.include }) })
  const pageOf = (found: Fields[], beside: readonly unknown[], skipped = 0) => {
    const rows = found.length > (limit as number) ? found.slice(0, limit as number) : found
    const last = rows.at(-1)
    const goesOn = rows.length < found.length || (skipped > 0 && found.length + skipped >= seen)
    if (goesOn && !last) return undefined
    const from = (rows.length - 1) * moments.length
    const exact = (part: OrderPart) => beside[from + moments.indexOf(part)] ?? null
    const next = goesOn && last ? cursorOf(model, parts, last, exact) : null
    return { rows: more.length === 0 ? rows : rows.map(row => without(row, more)), next }
  }
  return { query, rows: seen, refusal, read: pageOf as Paging['read'] }
}

/** Writes where a page begins: what is known of each part of the order, and its value unless that is NULL. */
function writeAfter(query: QueryWriter, cursor: readonly Behind[]): void {
  query.open('"after":[')
  for (const { known, value } of cursor) {
    if (value === null) query.entry(`"${known}"`)
    else query.bind(`"${known}"`, value)
  }
  query.close(']')
}

/**
 * An order that no two rows share: the requested order is followed by the primary key, in the
 * direction of the last part, so that an index serves.
 */
function total(model: ModelMeta, given: readonly OrderPart[]): OrderPart[] {
  const parts: OrderPart[] = []
  const left = new Set(model.key)
  for (const part of given) {
    const { column } = part
    if (column.kind === 'json' || column.kind === 'bytes') {
      throw queryError(
        `${model.name}.page: rows cannot be paged by ${column.property}, which is ${column.kind}.`,
        model,
        'Order a list by it, or page by a column.',
      )
    }
    // Nothing is left to say when the key is complete.
    if (left.size === 0 || parts.some(other => other.column === column)) continue
    parts.push(part)
    left.delete(column)
  }
  const desc = parts.at(-1)?.desc ?? false
  for (const column of left) parts.push({ column, desc })
  for (const { column } of parts) {
    if (!column.private) continue
    throw queryError(
      `${model.name}.page: rows cannot be paged by ${column.property}, which is private.`,
      model,
      'A cursor holds the values of the order, and goes to clients.',
    )
  }
  return parts
}

/** The columns of an order that a select leaves out. */
function missing(model: ModelMeta, parts: readonly OrderPart[], select: unknown): string[] {
  if (!Array.isArray(select) || select.length === 0) return []
  const selected = named(model, 'page: select', select)
  return parts
    .map(part => part.column)
    .filter(column => !selected.includes(column))
    .map(column => column.property)
}

function without(row: Fields, names: readonly string[]): Fields {
  const rest: Fields = {}
  for (const name of Object.keys(row)) if (!names.includes(name)) rest[name] = row[name]
  return rest
}
