/**
 * Cursors: where a page ended, as a text that a client hands back. Its content is checked like any
 * input: clients change texts.
 */

import { errorOf, type Failure, type PlinthError } from '../base/errors.js'
import { sha256 } from '../base/sha256.js'
import { shown } from '../base/shown.js'
import { present } from '../bridge/check-value.js'
import type { Ready } from '../bridge/memory.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import type { OrderPart } from './order.js'

/** A value that a page begins behind, and how it is written: as values of its column are, as the database has it, or NULL. */
export interface Behind {
  readonly known: 'value' | 'exact' | 'null'
  readonly value: Ready
  /** Whether the value is one that only the database can check. */
  readonly unchecked?: boolean
}

/**
 * The cursor behind a row: its values in the order, what they are of, and a sum over both. `exact` gives a moment as the
 * database has it, where that is more than its Date.
 */
export function cursorOf(
  model: ModelMeta,
  parts: readonly OrderPart[],
  row: Record<string, unknown>,
  exact: (part: OrderPart) => unknown,
): string {
  const one = (part: OrderPart) => {
    const value = row[part.column.property]
    const stored = part.column.wire === 'time' ? exact(part) : isOurs(part.column, value) ? null : value
    // In a list of its own: it is not written as we write values of the column.
    return stored === null ? written(value) : [stored]
  }
  const values = JSON.stringify(parts.map(one))
  const order = orderSum(model, parts)
  return Buffer.from(`[${values},"${order}","${sum(values + order)}"]`).toString('base64url')
}

/** The values of a cursor, ready to cross. Throws CURSOR_INVALID. */
export function read(model: ModelMeta, parts: readonly OrderPart[], cursor: unknown): Behind[] {
  if (typeof cursor !== 'string') throw invalid(model, `found ${shown(cursor)}`)
  const bytes = Buffer.from(cursor, 'base64url')
  // One way to write each: what decoders pass over in silence is a change too.
  if (bytes.toString('base64url') !== cursor) throw invalid(model, 'it was modified')
  let values: unknown
  let order: unknown
  try {
    const text = bytes.toString()
    const [given, of, check] = JSON.parse(text)
    const written = JSON.stringify(given)
    if (text === `[${written},"${of}","${check}"]` && check === sum(written + of)) {
      values = given
      order = of
    }
  } catch {
    // A text that cannot be read has no sum.
  }
  if (values === undefined) throw invalid(model, 'it was modified')
  if (order !== orderSum(model, parts)) throw invalid(model, 'it is of another model or order')
  if (!Array.isArray(values) || values.length !== parts.length) throw invalid(model, 'it was modified')
  return parts.map(({ column }, at) => {
    const given = values[at]
    if (Array.isArray(given)) return stored(column, given)
    const it = value(column, given)
    // PostgreSQL has no text with a NUL.
    const unchecked = typeof it === 'string' && it.includes('\0')
    return { known: it === null ? 'null' : 'value', value: it, unchecked }
  })
}

/**
 * A checksum that cannot be right by chance. It keeps no secrets and proves no author: the values
 * are checked all the same.
 */
const sum = (text: string): string => sha256(text, 'base64url').slice(0, 11)

/** The part that distinguishes one order of rows from another. */
function orderSum(model: ModelMeta, parts: readonly OrderPart[]): string {
  return sum(JSON.stringify([model.name, parts.map(({ column: c, desc, nulls }) => [c.property, c.kind, desc, nulls])]))
}

/** A value as JSON has it. */
function written(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Date ? value.getTime() : value
}

/** Whether a stored value is written as we write values of its column: others may have written it, or declared its column. */
function isOurs(column: ColumnMeta, value: unknown): boolean {
  if (value === null || column.wire !== 'text' || column.kind === 'text') return true
  try {
    return present(column, value) === value
  } catch {
    return false
  }
}

const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/
const NUMBER = /^-?\d+(\.\d+)?$/

/** A value as the database has it, from JSON. */
function stored(column: ColumnMeta, [text, ...more]: unknown[]): Behind {
  const shape = column.wire === 'time' ? MOMENT : column.kind === 'decimal' ? NUMBER : /^/
  const fits = (column.wire === 'time' || column.wire === 'text') && more.length === 0
  if (!fits || typeof text !== 'string' || !text.isWellFormed() || !shape.test(text)) throw noValue(column)
  return { known: column.wire === 'time' ? 'exact' : 'value', value: text, unchecked: true }
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
    throw noValue(column)
  }
}

const noValue = (column: ColumnMeta) => invalid(column.model, `it holds no value of ${column.property}`)

const invalid = (model: ModelMeta, reason: string): PlinthError => errorOf(invalidCursor(model, reason))

/** The failure for a cursor that is not one of this page. */
export function invalidCursor(model: ModelMeta, reason: string): Failure {
  return {
    code: 'CURSOR_INVALID',
    message: `${model.name}.page: after is not a valid cursor of this page: ${reason}.`,
    table: model.table,
    expected: '`next` of a page of this model in this order',
    hint: 'Pass `next` unchanged, with the same orderBy; leave after out for the first page.',
  }
}
