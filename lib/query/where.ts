/** Filters: from the `where` of a call to the conditions of a query. */

import { type Fields, isFields } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { isJsonNull } from '../base/json-null.js'
import { didYouMean } from '../base/nearest.js'
import { shown } from '../base/shown.js'
import { invalid, present } from '../bridge/check-value.js'
import type { Ready } from '../bridge/memory.js'
import { queryError } from '../bridge/model-options.js'
import { type ColumnMeta, columnOf, type ModelMeta, type RelationMeta } from '../models/metadata.js'
import { writeAtPath } from './json-path.js'
import { sought, startsWith, textPattern } from './like.js'
import type { QueryWriter } from './query-writer.js'

/** Values of one query at most: as many as a statement of SQLite has parameters. Lists are one value each. */
const MAX_VALUES = 32_766
/**
 * Levels of and, or, not and relations in a filter, at most. A filter that contains itself ends
 * here.
 */
const MAX_LEVELS = 100
/** Relations that a filter may follow one after the other, as many as an include may. */
const MAX_RELATIONS = 16

/** Writes the filter of a query. Throws if a value is undefined: that is never "no filter". */
export function writeWhere(query: QueryWriter, model: ModelMeta, given: unknown): void {
  query.open('"where":[')
  writeConditions(query, model, given)
  query.close(']')
}

/** Writes the conditions of a filter into the list that is open. */
export function writeConditions(query: QueryWriter, model: ModelMeta, given: unknown, level = 0, followed = 0): void {
  if (level > MAX_LEVELS)
    throw queryError(`${model.name}: where has and, or, not and relations more than ${MAX_LEVELS} levels deep.`, model)
  if (followed > MAX_RELATIONS)
    throw queryError(`${model.name}: where follows relations more than ${MAX_RELATIONS} levels deep.`, model)
  if (!isFields(given)) {
    throw queryError(
      `${model.name}: where must be an object of columns, found ${shown(given)}.`,
      model,
      'Leave where out to match every row.',
    )
  }
  for (const name of Object.keys(given)) {
    const value = given[name]
    if (name === 'and' || name === 'or') {
      if (!Array.isArray(value))
        throw queryError(`${model.name}: where.${name} must be an array, found ${shown(value)}.`, model)
      query.open(`["${name}",[`)
      for (const inner of value) {
        query.open('[')
        writeConditions(query, model, inner, level + 1, followed)
        query.close(']')
      }
      query.close(']]')
    } else if (name === 'not') {
      query.open('["not",[')
      writeConditions(query, model, value, level + 1, followed)
      query.close(']]')
    } else {
      const relation = model.relations.get(name)
      if (relation) writeRelation(query, model, name, relation, value, level, followed)
      else writeComparison(query, columnOf(model, name, true), value)
    }
  }
  if (query.bound > MAX_VALUES) {
    throw queryError(
      `${model.name}: a query has ${MAX_VALUES} values at most, found ${query.bound}.`,
      model,
      'Put many values of one column into { in: [...] }, which is one value.',
    )
  }
}

/** What is asked of the rows of a relation, in the core's words: `is` of one row is `some`, its opposite `none`. */
const MANY = { some: 'some', none: 'none', every: 'every' } as const
const ONE = { is: 'some', isNot: 'none' } as const
type Asked = 'some' | 'none' | 'every'

/** The core's word of an operator of a relation; undefined if there is none. */
function asked(relation: RelationMeta, operator: string): Asked | undefined {
  const known: Record<string, Asked> = relation.many ? MANY : ONE
  return Object.hasOwn(known, operator) ? known[operator] : undefined
}

/** Writes the conditions on the rows of a relation. */
function writeRelation(
  query: QueryWriter,
  model: ModelMeta,
  name: string,
  relation: RelationMeta,
  given: unknown,
  level: number,
  followed: number,
): void {
  const operators = Object.keys(relation.many ? MANY : ONE)
  const known = `Use one of: ${operators.map(it => `{ ${name}: { ${it}: ... } }`).join(', ')}.`
  if (!isFields(given) || Object.keys(given).length === 0) {
    throw queryError(
      `${model.name}: where.${name} needs an operator for the relation, found ${isFields(given) ? '{}' : shown(given)}.`,
      model,
      known,
    )
  }
  for (const operator of Object.keys(given)) {
    const word = asked(relation, operator)
    if (!word) {
      throw new PlinthError('UNKNOWN_OPERATOR', `The relation ${model.name}.${name} has no operator "${operator}".`, {
        table: model.table,
        hint: `${didYouMean(operator, operators)}${known}`,
      })
    }
    const inner = given[operator]
    if (inner === null && !relation.many) {
      // No row is what none of them meets.
      query.entry(`[${JSON.stringify(name)},"${word === 'some' ? 'none' : 'some'}",[]]`)
      continue
    }
    if (!isFields(inner)) {
      throw queryError(
        `${model.name}: where.${name}.${operator} must be an object of columns of ${relation.target.name}, found ${shown(inner)}.`,
        model,
        inner === undefined ? 'undefined is never "no filter": {} is met by every row.' : undefined,
      )
    }
    query.open(`[${JSON.stringify(name)},"${word}",[`)
    writeConditions(query, relation.target, inner, level + 1, followed + 1)
    query.close(']]')
  }
}

/** Whether a filter, which was checked, says yes to every row, whatever is in it. */
export const alwaysTrue = (model: ModelMeta, filter: Fields): boolean => constant(model, filter) === true

/**
 * The value of a filter that is the same for every row; undefined if it depends on a column or on
 * other rows.
 */
function constant(model: ModelMeta, filter: Fields): boolean | undefined {
  const parts = Object.keys(filter).map(name => {
    const value = filter[name]
    const several = () => (value as Fields[]).map(inner => constant(model, inner))
    if (name === 'and') return all(several())
    if (name === 'or') return negated(all(several().map(negated)))
    if (name === 'not') return negated(constant(model, value as Fields))
    const relation = model.relations.get(name)
    return relation && all(Object.entries(value as Fields).map(it => constantRelation(relation, ...it)))
  })
  return all(parts)
}

/**
 * The value of a relation's operator without a look at its rows: a filter that no row can meet
 * decides `some` and `none`, a filter that every row meets decides `every`. Otherwise undefined.
 */
function constantRelation(relation: RelationMeta, operator: string, given: unknown): boolean | undefined {
  if (given === null) return undefined
  const inner = constant(relation.target, given as Fields)
  if (asked(relation, operator) === 'every') return inner === true ? true : undefined
  if (inner !== false) return undefined
  return asked(relation, operator) === 'none'
}

function all(parts: (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false
  return parts.includes(undefined) ? undefined : true
}

const negated = (it: boolean | undefined) => (it === undefined ? undefined : !it)

/** Writes the conditions of `where` or `having` on one column. `name` is the column as the core reads it. */
export function writeComparison(query: QueryWriter, column: ColumnMeta, value: unknown, name = column.quoted): void {
  if (value === null) {
    if (column.kind === 'json') throw jsonOperator(column)
    nullable(column)
    query.entry(`[${name},"null"]`)
    return
  }
  if (value === undefined)
    throw invalid(column, 'a value to compare with', value, 'undefined is never "no filter": leave the column out.')
  if (!isFields(value) || isJsonNull(value)) {
    if (column.kind === 'json') throw jsonOperator(column)
    query.bind(`[${name},"eq"]`, compared(column, value))
    return
  }
  if (column.kind === 'json') {
    if (Object.hasOwn(value, 'path')) return writeAtPath(query, column, value)
    if (!Object.keys(value).every(k => JSON_OPERATORS.includes(k))) throw jsonOperator(column)
  }
  const operators = Object.keys(value)
  if (operators.length === 0) {
    throw queryError(
      `${column.model.name}: where.${column.property} has no operator.`,
      column.model,
      'Leave the column out to compare nothing.',
    )
  }
  for (const operator of operators) writeOperator(query, column, name, operator, value[operator])
}

const JSON_OPERATORS = ['eq', 'ne', 'isNull']
const ORDERED = ['lt', 'lte', 'gt', 'gte']
const PATTERNS = ['like', 'contains', 'startsWith', 'endsWith']

function jsonOperator(column: ColumnMeta): PlinthError {
  return new PlinthError(
    'UNKNOWN_OPERATOR',
    `${column.model.name}.${column.property} holds JSON: compare it with { eq }, { ne } or { isNull }, or a value at a { path } in it.`,
    {
      table: column.model.table,
      columns: [column.property],
    },
  )
}

function nullable(column: ColumnMeta): void {
  if (!column.nullable) throw invalid(column, 'a value that is not null', null, 'The column is never null.')
}

/** The operators of a kind of column. */
function operatorsOf(column: ColumnMeta): readonly string[] {
  switch (column.kind) {
    case 'json':
      return JSON_OPERATORS
    case 'text':
      return ['eq', 'ne', 'in', 'notIn', ...ORDERED, ...PATTERNS]
    case 'boolean':
    case 'uuid':
    case 'bytes':
    case 'enum':
      return ['eq', 'ne', 'in', 'notIn']
    default:
      return ['eq', 'ne', 'in', 'notIn', ...ORDERED]
  }
}

/** Writes the condition of one operator with its value. */
function writeOperator(query: QueryWriter, column: ColumnMeta, name: string, operator: string, value: unknown): void {
  const known = operatorsOf(column)
  if (!known.includes(operator)) {
    throw new PlinthError(
      'UNKNOWN_OPERATOR',
      `${column.model.name}.${column.property} has no operator "${operator}".`,
      {
        table: column.model.table,
        columns: [column.property],
        hint: `${didYouMean(operator, known)}The operators are: ${known.join(', ')}.`,
      },
    )
  }
  if (value === undefined)
    throw invalid(column, `a value for ${operator}`, value, 'undefined is never "no filter": leave the operator out.')
  switch (operator) {
    case 'isNull':
      if (typeof value !== 'boolean') throw invalid(column, 'true or false for isNull', value)
      return query.entry(`[${name},"${value ? 'null' : 'notNull'}"]`)
    case 'in':
    case 'notIn':
      return query.bind(`[${name},"${operator}"]`, listOf(column, operator, value))
    case 'eq':
    case 'ne':
      if (value === null) {
        nullable(column)
        return query.entry(`[${name},"${operator === 'eq' ? 'null' : 'notNull'}"]`)
      }
      return query.bind(`[${name},"${operator}"]`, compared(column, value))
    case 'like':
    case 'contains':
    case 'endsWith':
      return query.bind(`[${name},"like"]`, textPattern(column, operator, value))
    case 'startsWith': {
      const range = startsWith(column, value)
      if (range.length === 2) return query.bindAll(`[${name},"prefix"]`, range)
      return query.bind(`[${name},"like"]`, textPattern(column, operator, value))
    }
    default:
      return query.bind(`[${name},"${operator}"]`, compared(column, notNull(column, operator, value)))
  }
}

function notNull(column: ColumnMeta, operator: string, value: unknown): unknown {
  if (value === null) throw invalid(column, `a value for ${operator}`, value, 'Nothing is less or greater than null.')
  return value
}

/** A value to compare a column with. Text may be of any length: longer than the column's, it is only never equal. */
export function compared(column: ColumnMeta, value: unknown): Ready {
  return column.kind === 'text' ? sought(column, value) : present(column, value)
}

/** The elements of `in` as one JSON array: one parameter, however many there are. */
function listOf(column: ColumnMeta, operator: string, value: unknown): string {
  if (!Array.isArray(value)) throw invalid(column, `an array for ${operator}`, value)
  const elements = Array.from(value, element => {
    if (element === null || element === undefined) {
      throw invalid(
        column,
        `values in ${operator}`,
        element,
        'Compare with null apart: or: [{ column: { in: [...] } }, { column: null }].',
      )
    }
    const it = compared(column, element)
    switch (column.wire) {
      case 'int':
      case 'bool':
      case 'bigint':
        return String(it)
      case 'real':
        // With an exponent, or the database reads a whole number, whose digits beyond 2^53 are not those of the double.
        return (it as number).toExponential()
      case 'time':
        return `"${new Date(it as number).toISOString()}"`
      case 'bytes':
        return `"${Buffer.from(it as Uint8Array).toString('hex')}"`
      default:
        return JSON.stringify(it)
    }
  })
  return `[${elements.join(',')}]`
}
