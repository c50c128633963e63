/** The queries that read: from the arguments of a call to a query and its values. */

import { type Fields, isFields } from '../base/check-options.js'
import { PlinthError } from '../base/errors.js'
import { didYouMean } from '../base/nearest.js'
import { anything, flag, wholeNumber } from '../base/option-kinds.js'
import { shown } from '../base/shown.js'
import { invalid, ready } from '../bridge/check-value.js'
import { modelOptions, queryError } from '../bridge/model-options.js'
import { LIMITS } from '../bridge/stopping.js'
import { type ColumnMeta, columnOf, type ModelMeta, type RelationMeta } from '../models/metadata.js'
import { LOCK, writeLock } from './lock.js'
import { orderParts, writeOrder } from './order.js'
import { QueryWriter } from './query-writer.js'
import { UNREADABLE } from './unreadable.js'
import { alwaysTrue, compared, writeConditions, writeWhere } from './where.js'

/** Levels of include, at most; the core's limit. */
const MAX_INCLUDES = 16

/** Rows that a stream reads at once, without `batch` and at most. */
const BATCH = 500
const LONGEST_BATCH = 1_000_000

const COUNT = wholeNumber(0)
/** These options, for the tables of calls that take them. */
export const RANGE = { limit: COUNT, offset: COUNT }
/** Parts of a query that name columns and relations: each is checked where it is written. */
const SHAPE = { select: anything, include: anything }
const SOUGHT = { where: anything, orderBy: anything }
const FIND = { ...SOUGHT, offset: COUNT, ...SHAPE, ...LOCK, ...LIMITS }
const LIST = { ...SOUGHT, ...RANGE, ...SHAPE, ...LOCK, ...LIMITS, ...UNREADABLE, distinct: anything }
const STREAM = { ...SOUGHT, ...SHAPE, batch: wholeNumber(1, LONGEST_BATCH), ...UNREADABLE, ...LIMITS }
const RELATED = { ...SOUGHT, limit: COUNT, ...SHAPE }
const GET = { ...SHAPE, ...LOCK, ...LIMITS }
const COUNTED = { where: anything }
const SCALAR = { count: { ...COUNTED, distinct: anything, ...LIMITS }, exists: { ...COUNTED, ...LIMITS } }
/** Whether `where` and `all` go together is checked where they are written: an error about them is WHERE_REQUIRED. */
const MANY = { where: anything, all: anything, returning: flag, ...LIMITS }

/** The query of a list. */
export function listQuery(model: ModelMeta, asked: unknown): QueryWriter {
  return rowsQuery(model, 'list', modelOptions(model, 'list', LIST, asked))
}

/** The query of the first row of a list. */
export function findQuery(model: ModelMeta, asked: unknown): QueryWriter {
  return rowsQuery(model, 'find', { limit: 1, ...modelOptions(model, 'find', FIND, asked) })
}

/** The query of rows, by options that were checked. */
function rowsQuery(model: ModelMeta, call: 'list' | 'find' | 'stream', given: Fields): QueryWriter {
  const query = new QueryWriter('list', model)
  writeDistinct(query, model, call, given.distinct)
  writeSkips(query, given)
  // A stream gives the rows before one that cannot be read: the core, which makes the batches, has to know of all that is wrong.
  if (call === 'stream') query.entry('"checks":true')
  if (call !== 'stream') writeLock(query, model, call, given)
  writePart(query, model, call, given)
  return query
}

/** Writes whether rows that cannot be read are left out. */
export function writeSkips(query: QueryWriter, given: Fields): void {
  if (given.unreadable === 'skip') query.entry('"skips":true')
}

/**
 * Writes `distinct` if it is passed: the columns whose combinations of values are distinguished.
 */
function writeDistinct(query: QueryWriter, model: ModelMeta, call: string, given: unknown): void {
  if (given === undefined) return
  if (!Array.isArray(given) || given.length === 0) {
    throw queryError(
      `${model.name}.${call}: distinct must name at least one column, found ${Array.isArray(given) ? '[]' : shown(given)}.`,
      model,
    )
  }
  query.entry(`"distinct":${namesJson(named(model, `${call}: distinct`, given))}`)
}

/** The names of columns as the core reads them, each once. */
const namesJson = (columns: readonly ColumnMeta[]) =>
  JSON.stringify([...new Set(columns.map(column => column.property))])

/** The query of a stream, which is that of a list, and how many rows it reads at once. */
export function streamQuery(model: ModelMeta, asked: unknown): { query: QueryWriter; batch: number } {
  const { batch = BATCH, ...given } = modelOptions(model, 'stream', STREAM, asked)
  return { query: rowsQuery(model, 'stream', given), batch: batch as number }
}

/** The query of a count or of whether there is a row. */
export function scalarQuery(model: ModelMeta, op: 'count' | 'exists', asked: unknown): QueryWriter {
  const given = modelOptions(model, op, SCALAR[op], asked)
  const query = new QueryWriter(op, model)
  writeDistinct(query, model, op, given.distinct)
  if ('where' in given) writeWhere(query, model, given.where)
  return query
}

/** The query of a get with options: the row with this key. */
export function getQuery(model: ModelMeta, id: unknown, opts: unknown): QueryWriter {
  const given = modelOptions(model, 'get', GET, opts)
  const query = keyQuery(model, 'get', id)
  writeLock(query, model, 'get', given)
  writePart(query, model, 'get', given)
  return query
}

/** The query of the row with this key. */
export function keyQuery(model: ModelMeta, call: string, id: unknown): QueryWriter {
  const query = new QueryWriter('list', model)
  writeKey(query, model, call, id)
  return query
}

/** Writes the part of a list that includes and pages have too. */
export function writePart(query: QueryWriter, model: ModelMeta, call: string, given: Fields, level = 0): void {
  if ('where' in given) writeWhere(query, model, given.where)
  if (given.orderBy !== undefined) writeOrder(query, orderParts(model, call, given.orderBy))
  if (given.select !== undefined) writeSelect(query, model, call, given.select)
  writeRange(query, given)
  if (given.include !== undefined) writeInclude(query, model, call, given.include, level + 1)
}

/** Writes `limit` and `offset` if they are given. */
export function writeRange(query: QueryWriter, given: Fields): void {
  for (const name of ['limit', 'offset'] as const) {
    if (given[name] !== undefined) query.bind(`"${name}":true`, given[name] as number)
  }
}

function writeInclude(query: QueryWriter, model: ModelMeta, call: string, given: unknown, level: number): void {
  if (!isFields(given))
    throw queryError(`${model.name}.${call}: include must be an object, found ${shown(given)}.`, model)
  if (level > MAX_INCLUDES)
    throw queryError(`${model.name}: relations are included more than ${MAX_INCLUDES} levels deep.`, model)
  query.open('"include":[')
  for (const name of Object.keys(given)) {
    if (name === '_count') continue
    const relation = relationOf(model, name)
    const args = given[name]
    if (args === undefined || args === false) continue
    const label = `${call}.${name}`
    query.open(`[${JSON.stringify(name)},{`)
    if (args !== true)
      writePart(query, relation.target, label, modelOptions(relation.target, label, RELATED, args), level)
    query.close('}]')
  }
  query.close(']')
  // The core reads the values of what is counted behind those of what is included.
  if (given._count !== undefined) writeCounts(query, model, `${call}._count`, given._count)
}

/** Writes the relations that are counted, each whole or with a filter. */
function writeCounts(query: QueryWriter, model: ModelMeta, call: string, given: unknown): void {
  if (!isFields(given))
    throw queryError(`${model.name}.${call} must be an object of relations, found ${shown(given)}.`, model)
  query.open('"counts":[')
  for (const name of Object.keys(given)) {
    const { target, many } = relationOf(model, name)
    if (!many) {
      throw queryError(
        `${model.name}.${call}.${name} leads to one row: there is nothing to count.`,
        model,
        `Include the relation itself: { ${name}: true }.`,
      )
    }
    const args = given[name]
    if (args === undefined || args === false) continue
    const label = `${call}.${name}`
    const filtered = args === true ? {} : modelOptions(target, label, COUNTED, args)
    query.open(`[${JSON.stringify(name)},[`)
    if ('where' in filtered) writeConditions(query, target, filtered.where)
    query.close(']]')
  }
  query.close(']')
}

function relationOf(model: ModelMeta, name: string): RelationMeta {
  const relation = model.relations.get(name)
  if (relation) return relation
  const names = [...model.relations.keys()]
  throw new PlinthError('UNKNOWN_RELATION', `${model.name} has no relation "${name}".`, {
    table: model.table,
    hint: names.length
      ? `${didYouMean(name, names)}The relations are: ${names.join(', ')}.`
      : `${model.name} has no relations; declare them in the second argument of schema().`,
  })
}

function writeSelect(query: QueryWriter, model: ModelMeta, call: string, given: unknown): void {
  if (!Array.isArray(given) || given.length === 0) {
    throw queryError(
      `${model.name}.${call}: select must name at least one column.`,
      model,
      isFields(given)
        ? `Name them in a list: select: [${listed(given)}]; relations are for include.`
        : 'Leave select out for all columns that are not private.',
    )
  }
  query.entry(`"select":${namesJson(named(model, `${call}: select`, given))}`)
}

/** The names that an object such as `{ email: true }` chooses, as a list is written. */
function listed(given: Fields): string {
  const names = Object.keys(given).filter(name => given[name] === true)
  return (names.length > 0 ? names : ['id']).map(name => `'${name}'`).join(', ')
}

/** The columns that a list names. */
export function named(model: ModelMeta, place: string, names: readonly unknown[]): ColumnMeta[] {
  return Array.from(names, name => {
    if (typeof name === 'string') return columnOf(model, name)
    throw queryError(`${model.name}.${place} holds names of columns, found ${shown(name)}.`, model)
  })
}

/** Writes which rows a call with `where` or `all: true` is about; gives whether it returns them. Throws WHERE_REQUIRED if neither is given. */
export function writeMany(query: QueryWriter, model: ModelMeta, call: string, asked: unknown): boolean {
  const given = modelOptions(model, call, MANY, asked)
  writeMatching(query, model, call, given)
  const returning = given.returning === true
  if (returning) query.entry('"returning":true')
  return returning
}

function writeMatching(query: QueryWriter, model: ModelMeta, call: string, given: Fields): void {
  if (given.all === true && !('where' in given)) return query.entry('"where":[]')
  const required = () =>
    new PlinthError('WHERE_REQUIRED', `${model.name}.${call} needs a where.`, {
      table: model.table,
      hint: 'Pass { all: true } for every row.',
    })
  if (given.all !== undefined && given.where !== undefined) {
    const hint = 'Leave all out to take the rows of where; leave where out to take every row.'
    throw queryError(`${model.name}.${call}: where and all exclude each other.`, model, hint)
  }
  if (given.all !== undefined || !('where' in given)) throw required()
  writeWhere(query, model, given.where)
  if (alwaysTrue(model, given.where as Fields)) throw required()
}

/** Writes the filter of a primary key, and behind it what `more` writes; checks its shape. */
export function writeKey(query: QueryWriter, model: ModelMeta, call: string, id: unknown, more?: () => void): void {
  const first = model.key[0] as ColumnMeta
  if (model.key.length === 1) {
    if (id === null || id === undefined)
      throw invalid(first, 'a key', id, `Pass the value of ${first.property} to ${call}().`)
    if (isFields(id) && first.kind !== 'json') {
      const hint = `Pass the value of ${first.property} itself: ${call}(${first.property}); find({ where }) reads a row by other columns.`
      throw invalid(first, 'a key', id, hint)
    }
    query.open('"where":[')
    query.bind(`[${first.quoted},"key"]`, compared(first, id))
    more?.()
    return query.close(']')
  }
  const names = model.key.map(c => c.property)
  const example = `{ ${names.map(n => `${n}: ...`).join(', ')} }`
  if (!isFields(id) || Object.keys(id).length !== names.length || !names.every(n => Object.hasOwn(id, n))) {
    throw queryError(
      `${model.name}.${call}: the key has ${names.length} columns, expected ${example}, found ${shown(id)}.`,
      model,
    )
  }
  query.open('"where":[')
  for (const column of model.key) {
    const value = id[column.property]
    const known = value === null || value === undefined ? ready(column, value) : compared(column, value)
    query.bind(`[${column.quoted},"key"]`, known)
  }
  more?.()
  query.close(']')
}
