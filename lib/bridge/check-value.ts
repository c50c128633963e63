/** Whether a value is one that its column can hold, and the form in which it crosses. The kinds are those of docs/reference/models.md. */

import { type AtomicChange, isAtomic } from '../base/atomic.js'
import { ValidationError } from '../base/errors.js'
import { isBytes, millisOf } from '../base/instances.js'
import { JSON_DEPTH } from '../base/json-depth.js'
import { isJsonNull, jsonNull } from '../base/json-null.js'
import { kindOf, shown } from '../base/shown.js'
import type { ColumnMeta } from '../models/metadata.js'
import { loose, type Ready } from './memory.js'

/** The first and last moment that both databases hold: years 0001 to 9999. */
export const FIRST_MOMENT = -62135596800000
export const LAST_MOMENT = 253402300799999
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const MAX_BIGINT = 2n ** 63n - 1n
const WELL_FORMED = 'text without half of a surrogate pair'

/** A value of a column, in the form in which it crosses. Throws VALUE_INVALID. */
export function ready(column: ColumnMeta, value: unknown): Ready {
  if (value === null) {
    if (column.nullable) return null
    throw invalid(column, 'a value that is not null', value, nullHint(column))
  }
  if (value === undefined)
    throw invalid(column, 'a value', value, 'Leave the column out, or pass null if it is nullable.')
  return present(column, value)
}

/** The same for a value that is neither null nor undefined. */
export function present(column: ColumnMeta, value: unknown): Ready {
  switch (column.kind) {
    case 'id':
    case 'integer':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value
      throw invalid(
        column,
        'a safe integer (within 2^53 - 1)',
        value,
        typeof value === 'bigint' ? 'Declare the column as c.bigint() for more.' : undefined,
      )
    case 'int32':
      if (typeof value === 'number' && (value | 0) === value) return value === 0 ? 0 : value
      throw invalid(column, 'an integer from -2147483648 to 2147483647', value)
    case 'bigId':
    case 'bigint':
      if (typeof value === 'bigint' && value <= MAX_BIGINT && value >= -MAX_BIGINT - 1n) return value
      throw invalid(
        column,
        'a bigint of 64 bits',
        value,
        typeof value === 'number' ? `Write it as ${value}n or BigInt(...).` : undefined,
      )
    case 'real':
      if (typeof value === 'number' && Number.isFinite(value)) return value
      throw invalid(column, 'a finite number', value)
    case 'boolean':
      if (typeof value === 'boolean') return value
      throw invalid(column, 'true or false', value)
    case 'timestamp':
      return moment(column, value)
    case 'text':
      return text(column, value)
    case 'uuid':
      if (typeof value === 'string') {
        const lower = value.toLowerCase()
        if (UUID.test(lower)) return lower
      }
      throw invalid(column, 'a UUID such as 018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f', value)
    case 'enum':
      if (typeof value === 'string' && column.values?.has(value)) return value
      throw invalid(column, `one of ${[...(column.values ?? [])].map(v => `'${v}'`).join(', ')}`, value)
    case 'date':
      if (typeof value === 'string' && isDate(value)) return value
      throw invalid(column, "a day such as '2026-11-20'", value)
    case 'decimal':
      return decimal(column, value)
    case 'bytes':
      if (isBytes(value)) return value
      throw invalid(column, 'a Uint8Array', value)
    default:
      return json(column, value)
  }
}

/** A moment, in milliseconds. */
export function moment(column: ColumnMeta, value: unknown): number {
  if (value instanceof Date) {
    const millis = millisOf(value)
    if (millis >= FIRST_MOMENT && millis <= LAST_MOMENT) return millis
    throw invalid(column, 'a valid Date from the years 0001 to 9999', value)
  }
  throw invalid(column, 'a Date', value, typeof value === 'string' ? 'Write new Date(text).' : undefined)
}

/** Text, in the case in which the column stores it, of at most as many characters. */
export function text(column: ColumnMeta, value: unknown, max = column.max ?? Number.POSITIVE_INFINITY): string {
  if (typeof value !== 'string') throw invalid(column, 'text', value)
  if (!value.isWellFormed()) throw invalid(column, WELL_FORMED, value, 'Clean it with String.prototype.toWellFormed().')
  const stored = column.lowercase ? value.toLowerCase() : value
  if (stored.length > max && codePoints(stored) > max) {
    const expected = `at most ${max} characters`
    if (column.private) throw invalid(column, expected, value)
    throw invalid(column, expected, `${codePoints(stored)} characters`, undefined, '', true)
  }
  return stored
}

function codePoints(value: string): number {
  let n = 0
  for (const _ of value) n++
  return n
}

function isDate(value: string): boolean {
  const match = DATE.exec(value)
  if (!match || match[1] === '0000') return false
  const date = new Date(`${value}T00:00:00.000Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value)
}

/** An exact number with as many digits after the point as its column has. */
function decimal(column: ColumnMeta, value: unknown): string {
  const { precision, scale } = column
  const expected = `text with a number of at most ${precision - scale} digits before and ${scale} after the point`
  const match = typeof value === 'string' ? DECIMAL.exec(value) : null
  if (!match)
    throw invalid(
      column,
      expected,
      value,
      typeof value === 'number' ? "Numbers lose digits: write it as text, '12.50'." : undefined,
    )
  const whole = (match[2] as string).replace(/^0+(?=\d)/, '')
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > scale || (whole === '0' ? 0 : whole.length) > precision - scale)
    throw invalid(column, expected, value)
  const digits = scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
  return match[1] && /[1-9]/.test(digits) ? `-${digits}` : digits
}

/**
 * JSON text. A value that JSON would silently drop or change is an error that names its place. The
 * value as a read will give it is left in `loose.copy`: the check walks through all of it anyway.
 */
export function json(column: ColumnMeta, value: unknown): string {
  if (isJsonNull(value)) {
    loose.copy = jsonNull
    return 'null'
  }
  const copy = copyOfJson(column, value)
  loose.copy = copy
  return JSON.stringify(copy)
}

/** A copy of a JSON value, as JSON.parse would give it. Throws VALUE_INVALID for what is not JSON. */
export const copyOfJson = (column: ColumnMeta, value: unknown): unknown => copyJson(column, value, [])

/** The copy of a value within others. `path`: the keys and indexes that lead to it, with the objects between. */
function copyJson(column: ColumnMeta, value: unknown, path: (object | string | number)[]): unknown {
  const wrong = (expected: string, found: unknown, hint?: string, said = false) =>
    invalid(column, expected, found, hint, pathText(path), said)
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      if (value.isWellFormed()) return value
      throw wrong(WELL_FORMED, value)
    case 'number':
      // JSON.stringify writes -0 as 0.
      if (Number.isFinite(value)) return value === 0 ? 0 : value
      throw wrong('a finite number', value)
    case 'object':
      break
    default:
      throw wrong('JSON: null, true, false, a number, text, an array or a plain object', value)
  }
  if (value === null || isJsonNull(value)) return null
  if (path.includes(value)) throw wrong('JSON', 'an object that contains itself', undefined, true)
  if (path.length >= 2 * JSON_DEPTH) throw wrong(`JSON of at most ${JSON_DEPTH} levels`, 'more', undefined, true)
  path.push(value)
  const copy = Array.isArray(value) ? copyArray(column, value, path) : copyObject(column, value, path, wrong)
  path.pop()
  return copy
}

function copyArray(column: ColumnMeta, value: readonly unknown[], path: (object | string | number)[]): unknown[] {
  const copy: unknown[] = []
  for (let i = 0; i < value.length; i++) {
    path.push(i)
    copy.push(copyJson(column, value[i], path))
    path.pop()
  }
  return copy
}

function copyObject(
  column: ColumnMeta,
  value: object,
  path: (object | string | number)[],
  wrong: (expected: string, found: unknown, hint?: string) => ValidationError,
): object {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw wrong(
      'JSON',
      value,
      value instanceof Date ? 'Write it as text: .toISOString().' : 'Turn it into a plain object first.',
    )
  }
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key]
    // As in JSON, a property that is undefined counts as missing.
    if (inner === undefined) continue
    if (!key.isWellFormed()) throw wrong('keys without half of a surrogate pair', key)
    path.push(key)
    const it = copyJson(column, inner, path)
    path.pop()
    if (key === '__proto__')
      Object.defineProperty(copy, key, { value: it, enumerable: true, configurable: true, writable: true })
    else copy[key] = it
  }
  return copy
}

/** `.theme`, `[2].name`: how a place in JSON is written. */
function pathText(path: readonly (object | string | number)[]): string {
  return path
    .filter(step => typeof step !== 'object')
    .map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
}

/** An error about a value. `inner` leads from the column to a place in its JSON; `said`: the value is a description already. */
export function invalid(
  column: ColumnMeta,
  expected: string,
  value: unknown,
  hint?: string,
  inner = '',
  said = false,
): ValidationError {
  // The keys of private JSON are as private as its values.
  const path = `${column.model.name}.${column.property}${column.private ? '' : inner}`
  const change = !said && isAtomic(value) ? value : undefined
  if (change) return misplaced(column, path, expected, change, column.version ? hint : undefined)
  const found = said ? String(value) : column.private ? kindOf(value) : shown(value)
  return new ValidationError(`${path}: expected ${expected}, found ${found}.`, {
    table: column.model.table,
    columns: [column.property],
    expected,
    found,
    ...(hint && { hint }),
  })
}

/** The error for a version that a caller writes. */
export function counted(column: ColumnMeta, value: unknown): ValidationError {
  return invalid(column, 'no value', value, 'Plinth counts the versions of a row: leave the column out.')
}

/** An atomic change where a value is wanted. Its amount may be private. */
function misplaced(
  column: ColumnMeta,
  path: string,
  expected: string,
  { change }: AtomicChange,
  hint = `${change}() changes a column as a whole, in the values of update and updateMany, upsert's update and claim's set.`,
): ValidationError {
  const found = `${change}(...)`
  return new ValidationError(`${path}: expected ${expected}, found ${found}.`, {
    table: column.model.table,
    columns: [column.property],
    expected,
    found,
    hint,
  })
}

function nullHint(column: ColumnMeta): string {
  if (column.kind === 'json') return 'Declare the column .nullable(), or write jsonNull for the JSON value null.'
  return column.default === undefined
    ? 'Declare the column .nullable() if it may be absent.'
    : 'Leave it out to get its default.'
}
