/** Aggregates: from what a call asks to its query, and from the packed rows to numbers of their kinds. */

import { type Fields, isFields, unknownOption } from '../base/check-options.js'
import { errorOf, type Failure, PlinthError } from '../base/errors.js'
import { anything, type Kind, type OptionTable } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { Call } from '../bridge/call.js'
import { modelOptions, modelPlace, queryError } from '../bridge/model-options.js'
import type { Plan } from '../bridge/plans.js'
import type { Answer, Values } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { orderPart } from './order.js'
import { QueryWriter } from './query-writer.js'
import { named, RANGE, writeRange } from './select.js'
import { writeComparison, writeWhere } from './where.js'

const WHOLE = ['id', 'integer', 'int32']
const NUMBERS = [...WHOLE, 'bigId', 'bigint', 'real', 'decimal']
const VALUES = [...NUMBERS, 'text', 'timestamp', 'date']

/** The kinds that something takes, for errors in words too. */
interface Kinds {
  takes(kind: string): boolean
  readonly words: string
}

const GROUPS: Kinds = { takes: kind => kind !== 'json' && kind !== 'bytes', words: 'every kind but JSON and bytes' }
const NUMERIC: Kinds = { takes: kind => NUMBERS.includes(kind), words: 'numbers and decimals' }
const ORDERED: Kinds = {
  takes: kind => VALUES.includes(kind),
  words: 'numbers, decimals, text, timestamps and dates',
}

/** The measures of a column, in the order of a result. */
const MEASURES: Readonly<Record<string, Kinds>> = {
  countDistinct: GROUPS,
  sum: NUMERIC,
  avg: NUMERIC,
  min: ORDERED,
  max: ORDERED,
}
const ASKED = ['count', ...Object.keys(MEASURES)]
const HAVING = [...ASKED, 'and', 'or', 'not']
/** The names of columns in the list are checked where they are read. */
const columns: Kind = {
  expected: 'an array of columns',
  accepts: value => Array.isArray(value) && value.length > 0,
  hint: 'Leave it out for none.',
}
/** `where`, `having` and `orderBy` are checked where they are written. */
const OPTIONS: OptionTable = {
  where: anything,
  groupBy: columns,
  count: { expected: 'true', accepts: value => value === true, hint: 'Leave it out for none.' },
  ...Object.fromEntries(Object.keys(MEASURES).map(name => [name, columns])),
  having: anything,
  orderBy: anything,
  ...RANGE,
  ...LIMITS,
}
/** Levels of and, or, not in a having, at most. */
const MAX_LEVELS = 100

/** A query, and what is made of its rows. */
export interface Aggregation {
  readonly query: QueryWriter
  /** One object without groupBy, else an array. Throws OUT_OF_RANGE. */
  read(rows: readonly Fields[]): Fields | Fields[]
}

/** The call of an aggregate: the database itself refuses sums of reals that no double holds. */
export class AggregateCall<T> extends Call<T> {
  constructor(
    readonly model: ModelMeta,
    plan: Plan,
    values: Values,
    read: (answer: Answer, narrow: string) => T,
  ) {
    super(plan, values, read)
  }

  override explain(failure: Failure): Failure {
    return failure.code === 'VALUE_INVALID' ? outOfRange(this.model) : failure
  }
}

/** The query of a call of `aggregate`. */
export function aggregation(model: ModelMeta, wanted: unknown): Aggregation {
  const given = modelOptions(model, 'aggregate', OPTIONS, wanted)
  const groups = groupsOf(model, given.groupBy)
  const asked = new Asked(groups.length)
  const readers: [string, (row: Fields) => unknown][] = groups.map((column, at) => [
    column.property,
    row => plain(row[at]),
  ])
  if (given.count === true) {
    const at = asked.place('count')
    readers.push(['count', row => row[at]])
  }
  for (const name of Object.keys(MEASURES)) {
    if (given[name] === undefined) continue
    const of = columnsOf(model, name, given[name]).map(
      column => [column.property, reader(asked, name, column)] as const,
    )
    readers.push([name, row => read(of, row)])
  }
  if (readers.length === 0) {
    throw queryError(
      `${model.name}.aggregate: nothing is requested.`,
      model,
      `Name one of: groupBy, ${ASKED.join(', ')}.`,
    )
  }
  const query = new QueryWriter('aggregate', model)
  query.entry(`"measures":[${asked.measures.join(',')}]`)
  if ('where' in given) writeWhere(query, model, given.where)
  if (groups.length > 0) writeGroups(query, model, groups, given)
  else {
    for (const name of ['having', 'orderBy', 'limit', 'offset']) {
      if (given[name] === undefined) continue
      throw queryError(`${model.name}.aggregate: ${name} is for groups.`, model, 'Without groupBy there is one result.')
    }
  }
  return {
    query,
    read: rows => {
      const results = rows.map(row => read(readers, row))
      return groups.length > 0 ? results : (results[0] as Fields)
    },
  }
}

/** The measures that the core is asked for, each once. */
class Asked {
  readonly measures: string[] = []

  /** @param first the place of the first in a row */
  constructor(readonly first: number) {}

  /** Where in a row a measure is. */
  place(name: string, column?: ColumnMeta): number {
    const measure = measureJson(name, column)
    const known = this.measures.indexOf(measure)
    return this.first + (known < 0 ? this.measures.push(measure) - 1 : known)
  }
}

const measureJson = (name: string, column?: ColumnMeta) => JSON.stringify(column ? [name, column.property] : [name])

function read(readers: readonly (readonly [string, (row: Fields) => unknown])[], row: Fields): Fields {
  const result: Fields = {}
  for (const [name, value] of readers) result[name] = value(row)
  return result
}

/** Whether -0 or 0 stands for both is a matter of which came first. */
const plain = (value: unknown) => (value === 0 ? 0 : value)

/** Reads one measure of a column. */
function reader(asked: Asked, name: string, column: ColumnMeta): (row: Fields) => unknown {
  const at = asked.place(name === 'avg' ? 'sum' : name, column)
  if (name === 'sum') return row => sum(column, row[at])
  if (name !== 'avg') return row => plain(row[at])
  const count = asked.place('count', column)
  return row => (row[at] === null ? null : plain(Number(row[at]) / (row[count] as number)))
}

/** A sum in the kind of its column: whole numbers and decimals cross as text with every digit. */
function sum(column: ColumnMeta, value: unknown): unknown {
  if (value === null) return null
  switch (column.kind) {
    case 'bigId':
    case 'bigint':
      return BigInt(value as string)
    case 'decimal':
      return value
    case 'real':
      return plain(value)
    default: {
      const number = Number(value)
      if (Number.isSafeInteger(number)) return number
      throw errorOf(outOfRange(column.model, column))
    }
  }
}

/** The failure for a sum that its kind does not hold; without a column, for one of several. */
export function outOfRange(model: ModelMeta, column?: ColumnMeta): Failure {
  const place = column ? `the sum of ${column.property}` : 'a sum'
  const whole = column !== undefined
  return {
    code: 'OUT_OF_RANGE',
    message: `${model.name}.aggregate: ${place} is out of range.`,
    table: model.table,
    ...(column && { columns: [column.property] }),
    expected: whole ? 'a safe integer (within 2^53 - 1)' : 'a finite number',
    ...(whole && { hint: 'Declare the column as c.bigint(): its sum is a bigint, which has no end.' }),
  }
}

function groupsOf(model: ModelMeta, given: unknown): ColumnMeta[] {
  if (given === undefined) return []
  const columns = distinctNames(model, 'groupBy', given)
  for (const column of columns) {
    const { property } = column
    checkKind(GROUPS, column, `rows cannot be grouped by ${property}`)
    if (ASKED.includes(property)) {
      throw queryError(
        `${model.name}.aggregate: a result has one place for the column ${property} and for ${property} itself.`,
        model,
        'Rename the property, and keep the column with .name().',
      )
    }
  }
  return columns
}

/** The columns of one measure. */
function columnsOf(model: ModelMeta, name: string, given: unknown): ColumnMeta[] {
  const columns = distinctNames(model, name, given)
  for (const column of columns) checkMeasure(name, column)
  return columns
}

const checkMeasure = (name: string, column: ColumnMeta) =>
  checkKind(MEASURES[name] as Kinds, column, `there is no ${name} of ${column.property}`)

function checkKind({ takes, words }: Kinds, column: ColumnMeta, message: string): void {
  const { model, kind, property } = column
  if (takes(kind)) return
  throw new PlinthError('QUERY_INVALID', `${model.name}.aggregate: ${message}, which is ${kind}.`, {
    table: model.table,
    columns: [property],
    expected: words,
    found: kind,
  })
}

function distinctNames(model: ModelMeta, name: string, given: unknown): ColumnMeta[] {
  return [...new Set(named(model, `aggregate: ${name}`, given as unknown[]))]
}

/** Writes what only groups have. */
function writeGroups(query: QueryWriter, model: ModelMeta, groups: readonly ColumnMeta[], given: Fields): void {
  query.entry(`"groupBy":${JSON.stringify(groups.map(column => column.property))}`)
  if (given.having !== undefined) {
    query.open('"having":[')
    writeHaving(query, model, given.having)
    query.close(']')
  }
  if (given.orderBy !== undefined) {
    query.open('"orderBy":[')
    writeGroupOrder(query, model, groups, given.orderBy)
    query.close(']')
  }
  writeRange(query, given)
}

/** Writes the conditions on groups. */
function writeHaving(query: QueryWriter, model: ModelMeta, given: unknown, level = 0): void {
  if (level > MAX_LEVELS)
    throw queryError(`${model.name}.aggregate: having has and, or, not more than ${MAX_LEVELS} levels deep.`, model)
  for (const [name, value] of conditions(model, given)) {
    if (name === 'and' || name === 'or') {
      if (!Array.isArray(value))
        throw queryError(`${model.name}.aggregate: having.${name} must be an array, found ${shown(value)}.`, model)
      query.open(`["${name}",[`)
      for (const inner of value) {
        query.open('[')
        writeHaving(query, model, inner, level + 1)
        query.close(']')
      }
      query.close(']]')
    } else if (name === 'not') {
      query.open('["not",[')
      writeHaving(query, model, value, level + 1)
      query.close(']]')
    } else if (name === 'count') writeComparison(query, measured(model, 'count'), value, '["count"]')
    else {
      for (const [column, operand] of measuredColumns(model, 'having', name, value))
        writeComparison(query, measured(model, name, column), operand, measureJson(name, column))
    }
  }
}

/** A measure as if it were a column, so that it is compared like one. */
function measured(model: ModelMeta, name: string, column?: ColumnMeta): ColumnMeta {
  const base = column ?? (model.columns[0] as ColumnMeta)
  const property = column ? `${name}.${column.property}` : name
  if (name === 'min' || name === 'max') return { ...base, property, nullable: true }
  const counts = name === 'count' || name === 'countDistinct'
  const kind = counts || (name === 'sum' && WHOLE.includes(base.kind)) ? 'integer' : name === 'avg' ? 'real' : base.kind
  return { ...base, property, kind, wire: WIRES[kind] ?? base.wire, precision: MAX_PRECISION, nullable: !counts }
}

/** How numbers cross that are not of their column's kind. */
const WIRES: Readonly<Record<string, ColumnMeta['wire']>> = { integer: 'int', real: 'real' }
/** The digits of a decimal to compare a sum with. */
const MAX_PRECISION = 18

/** The entries of a having. */
function conditions(model: ModelMeta, given: unknown): [string, unknown][] {
  if (!isFields(given)) {
    throw queryError(
      `${model.name}.aggregate: having must be an object such as { count: { gt: 1 } }, found ${shown(given)}.`,
      model,
    )
  }
  for (const name of Object.keys(given)) {
    if (HAVING.includes(name)) continue
    const more = model.byProperty.has(name) ? ' Conditions on columns go into where.' : ''
    throw errorOf(unknownOption({ ...modelPlace(model, 'aggregate'), option: 'having' }, name, HAVING, more))
  }
  return Object.entries(given)
}

/** The columns under a measure of a having or an orderBy, with their conditions or directions. */
function measuredColumns(model: ModelMeta, place: string, name: string, given: unknown): [ColumnMeta, unknown][] {
  if (!isFields(given)) {
    throw queryError(
      `${model.name}.aggregate: ${place}.${name} must be an object of columns, found ${shown(given)}.`,
      model,
    )
  }
  return Object.entries(given).map(([property, value]) => {
    const column = columnOf(model, property)
    checkMeasure(name, column)
    return [column, value]
  })
}

/** Writes the parts of an order of groups. */
function writeGroupOrder(query: QueryWriter, model: ModelMeta, groups: readonly ColumnMeta[], given: unknown): void {
  const add = (column: ColumnMeta, name: string, direction: unknown) => {
    const { desc, nulls } = orderPart(column, 'aggregate', direction)
    query.entry(`[${name},"${desc ? 'desc' : 'asc'}"${nulls ? `,"${nulls}"` : ''}]`)
  }
  for (const entry of Array.isArray(given) ? given : [given]) {
    if (!isFields(entry)) {
      throw queryError(
        `${model.name}.aggregate: orderBy must be an object such as { count: 'desc' }, found ${shown(entry)}.`,
        model,
      )
    }
    for (const [name, value] of Object.entries(entry)) {
      if (name === 'count') add(measured(model, name), '["count"]', value)
      else if (Object.hasOwn(MEASURES, name)) {
        for (const [column, direction] of measuredColumns(model, 'orderBy', name, value))
          add(measured(model, name, column), measureJson(name, column), direction)
      } else {
        const column = columnOf(model, name)
        if (!groups.includes(column)) {
          throw queryError(
            `${model.name}.aggregate: orderBy.${name} is not a column of groupBy.`,
            model,
            `There are: ${[...groups.map(group => group.property), ...ASKED].join(', ')}.`,
          )
        }
        add(column, JSON.stringify(name), value)
      }
    }
  }
}
