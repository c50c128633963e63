/** Places in the JSON of a column: `{ path: ['user', 'age', 0], gte: 18 }` of a filter, and the `path` of an order. */

import type { Fields } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { isJsonNull } from '../base/json-null.js'
import { didYouMean } from '../base/nearest.js'
import { invalid, present } from '../bridge/check-value.js'
import type { Ready } from '../bridge/memory.js'
import type { ColumnMeta } from '../models/metadata.js'
import { sought, startsWith, textPattern } from './like.js'
import type { QueryWriter } from './query-writer.js'

/** What is asked of a place. */
const OPERATORS = [
  'eq',
  'ne',
  'in',
  'notIn',
  'lt',
  'lte',
  'gt',
  'gte',
  'contains',
  'startsWith',
  'endsWith',
  'like',
  'isNull',
] as const
/** The largest index that both databases take. */
const MAX_INDEX = 2 ** 31 - 1
/** Steps of a path, at most: JSON is not nested deeper than SQLite takes it. */
const MAX_STEPS = 1000

/**
 * A path as one text that both databases read: `$."user"."age"[0]`. A key is always in quotes, so that `"0"` is a key and
 * 0 an index, and no key can be anything else.
 */
export function jsonPath(column: ColumnMeta, path: unknown): string {
  const expected = 'a path of keys and indexes'
  if (!Array.isArray(path)) throw invalid(column, expected, path, "Write { path: ['user', 'age', 0], ... }.")
  if (path.length > MAX_STEPS) throw invalid(column, `a path of at most ${MAX_STEPS} steps`, path)
  const steps = Array.from(path, step => {
    if (typeof step === 'string') {
      // SQLite takes a NUL for the end of a key, PostgreSQL has none.
      if (step.isWellFormed() && !step.includes('\0')) return `.${JSON.stringify(step)}`
      throw invalid(column, 'a path of keys without half of a surrogate pair and without NUL', step)
    }
    if (typeof step === 'number' && Number.isInteger(step) && step >= 0 && step <= MAX_INDEX) return `[${step}]`
    throw invalid(column, `${expected}, indexes whole numbers from 0 to ${MAX_INDEX}`, step)
  })
  return `$${steps.join('')}`
}

/** Writes the conditions on a place in a column's JSON. */
export function writeAtPath(query: QueryWriter, column: ColumnMeta, given: Fields): void {
  const path = jsonPath(column, given.path)
  const operators = Object.keys(given).filter(name => name !== 'path')
  if (operators.length === 0) {
    throw new PlinthError(
      'QUERY_INVALID',
      `${column.model.name}: where.${column.property} has a path and no operator.`,
      { table: column.model.table, columns: [column.property], hint: `The operators are: ${OPERATORS.join(', ')}.` },
    )
  }
  for (const operator of operators) {
    const value = given[operator]
    if (value === undefined)
      throw invalid(column, `a value for ${operator}`, value, 'undefined is never "no filter": leave the operator out.')
    const [reading, word, operands] = asked(column, operator as (typeof OPERATORS)[number], value)
    query.bindAll(`[${column.quoted},"path","${reading}","${word}"]`, [path, ...operands])
  }
}

type Asked = [reading: 'json' | 'number' | 'text', word: string, operands: Ready[]]

function asked(column: ColumnMeta, operator: (typeof OPERATORS)[number], value: unknown): Asked {
  switch (operator) {
    case 'isNull':
      if (typeof value !== 'boolean') throw invalid(column, 'true or false for isNull', value)
      return ['json', value ? 'null' : 'notNull', []]
    case 'eq':
    case 'ne':
      return ['json', operator, [jsonOf(column, operator, value)]]
    case 'in':
    case 'notIn': {
      if (!Array.isArray(value)) throw invalid(column, `an array for ${operator}`, value)
      const list = Array.from(value, element => jsonOf(column, operator, element))
      return ['json', operator, [`[${list.join(',')}]`]]
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      if (typeof value === 'string') return ['text', operator, [sought(column, value)]]
      if (typeof value === 'number') return ['number', operator, [present(column, value)]]
      throw invalid(column, `a number or text for ${operator}`, value)
    case 'like':
    case 'contains':
    case 'endsWith':
      return ['text', 'like', [textPattern(column, operator, value)]]
    case 'startsWith': {
      const range = startsWith(column, value)
      return ['text', range.length === 2 ? 'prefix' : 'gte', range]
    }
    default:
      throw new PlinthError(
        'UNKNOWN_OPERATOR',
        `A place in ${column.model.name}.${column.property} has no operator "${operator}".`,
        {
          table: column.model.table,
          columns: [column.property],
          hint: `${didYouMean(operator, OPERATORS)}The operators are: ${OPERATORS.join(', ')}.`,
        },
      )
  }
}

/** A value as JSON text. Whether `null` means the JSON value or that nothing is there is not guessed. */
function jsonOf(column: ColumnMeta, operator: string, value: unknown): Ready {
  if (value === null || value === undefined) {
    const hint = value === null ? 'Write jsonNull for the JSON value null, or ask { isNull: true }.' : undefined
    throw invalid(column, `a JSON value for ${operator}`, value, hint)
  }
  return isJsonNull(value) ? 'null' : present(column, value)
}
