/** Cursors: where a page ended, as a text that a client hands back. What it holds is checked like any input: clients change texts. */

import { createHash } from 'node:crypto'
import { PlinthError } from './errors.js'
import type { ColumnMeta, ModelMeta } from './meta.js'
import type { OrderPart } from './order.js'
import { present, shown } from './values.js'
import type { Ready } from './wire.js'

/** The cursor behind a row: its values in the order, what they are of, and a sum over both. */
export function cursorOf(model: ModelMeta, parts: readonly OrderPart[], row: Record<string, unknown>): string {
  const values = JSON.stringify(parts.map(({ column }) => written(row[column.property])))
  const order = orderSum(model, parts)
  return Buffer.from(`[${values},"${order}","${sum(values + order)}"]`).toString('base64url')
}

/** The values of a cursor, ready to cross. Throws CURSOR_INVALID. */
export function read(model: ModelMeta, parts: readonly OrderPart[], cursor: unknown): Ready[] {
  if (typeof cursor !== 'string') throw invalid(model, `found ${shown(cursor)}`)
  const bytes = Buffer.from(cursor, 'base64url')
  // One way to write each: what decoders pass over in silence is a change too.
  if (bytes.toString('base64url') !== cursor) throw invalid(model, 'it was changed')
  let values: unknown
  let order: unknown
  try {
    const [given, of, check] = JSON.parse(bytes.toString())
    if (check === sum(JSON.stringify(given) + of)) {
      values = given
      order = of
    }
  } catch {
    // What cannot be read has no sum.
  }
  if (values === undefined) throw invalid(model, 'it was changed')
  if (order !== orderSum(model, parts)) throw invalid(model, 'it is of another model or order')
  if (!Array.isArray(values) || values.length !== parts.length) throw invalid(model, 'it was changed')
  return parts.map(({ column }, at) => value(column, values[at]))
}

/** A sum that nobody gets right by chance. It keeps no secrets and proves no author: the values are checked all the same. */
const sum = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 11)

/** What tells one order of rows from another. */
function orderSum(model: ModelMeta, parts: readonly OrderPart[]): string {
  return sum(JSON.stringify([model.name, parts.map(({ column: c, desc, nulls }) => [c.property, c.kind, desc, nulls])]))
}

/** A value as JSON has it. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Date ? value.getTime() : value
}

/** A value of a column, from JSON. */
function value(column: ColumnMeta, given: unknown): Ready {
  if (given === null && column.nullable) return null
  // As it is stored: a row that others wrote need not be in the case or of the length that we write.
  if (column.kind === 'text' && typeof given === 'string' && given.isWellFormed()) return given
  try {
    if (column.kind === 'text') return present(column, undefined)
    if (column.wire === 'bigint') return present(column, typeof given === 'string' ? BigInt(given) : given)
    if (column.wire === 'time') return present(column, typeof given === 'number' ? new Date(given) : given)
    return present(column, given)
  } catch {
    throw invalid(column.model, `it holds no value of ${column.property}`)
  }
}

function invalid(model: ModelMeta, reason: string): PlinthError {
  return new PlinthError('CURSOR_INVALID', `${model.name}.page: after is no cursor of this page: ${reason}.`, {
    table: model.table,
    expected: '`next` of a page of this model in this order',
    hint: 'Pass `next` as it was given, with the same orderBy; leave after out for the first page.',
  })
}
