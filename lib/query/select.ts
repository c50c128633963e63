/** Turning the arguments of a call into the shape of a query, as the JSON that the core compiles once, and its values, in order. */

import { PlinthError } from '../base/errors.js'
import { shown } from '../base/shown.js'
import { type Fields, isFields, options, queryError } from '../bridge/check-options.js'
import { invalid, ready } from '../bridge/check-value.js'
import type { Values } from '../bridge/request.js'
import { LIMITS } from '../bridge/stopping.js'
import { type ColumnMeta, columnOf, type ModelMeta, type RelationMeta } from '../models/metadata.js'
import { orderJson, orderParts } from './order.js'
import { UNREADABLE } from './unreadable.js'
import { alwaysTrue, compared, where } from './where.js'

/** Levels of include, at most; the core's limit. */
const MAX_INCLUDES = 16

const LIST = ['where', 'orderBy', 'limit', 'offset', 'select', 'include', ...LIMITS]
const STREAM = ['where', 'orderBy', 'select', 'include', 'batch', ...UNREADABLE, ...LIMITS]
const RELATED = ['where', 'orderBy', 'limit', 'select', 'include']

/** The shape of a list: `{"op":"list",...}`. `first` adds a limit of one row. */
export function list(model: ModelMeta, call: string, query: unknown, values: Values, first = false): string {
  const known = first ? LIST : [...LIST, ...UNREADABLE, ...(call === 'list' ? ['distinct'] : [])]
  const given = options(model, call, query, first ? known.filter(o => o !== 'limit') : known)
  const limited = first ? { ...given, limit: 1 } : given
  const told = distinct(model, call, given.distinct)
  // A stream gives the rows before one that cannot be read: the core, which makes the batches, has to know of all that is wrong.
  const checks = call === 'stream' ? ',"checks":true' : ''
  return `{"op":"list","model":${JSON.stringify(model.name)}${told}${skips(given)}${checks}${part(model, call, limited, values)}}`
}

/** Says in a shape whether rows that cannot be read are left out. */
export const skips = (given: Fields): string => (given.unreadable === 'skip' ? ',"skips":true' : '')

/** `distinct`, where it is given: the columns whose combinations of values are told apart. */
export function distinct(model: ModelMeta, call: string, given: unknown): string {
  if (given === undefined) return ''
  if (!Array.isArray(given) || given.length === 0) {
    throw queryError(
      `${model.name}.${call}: distinct must name at least one column, found ${Array.isArray(given) ? '[]' : shown(given)}.`,
      model,
    )
  }
  return `,"distinct":${JSON.stringify([...new Set(named(model, `${call}: distinct`, given).map(column => column.property))])}`
}

/** Rows that a stream reads at once, where it is not told, and at most. */
const BATCH = 500
const LONGEST_BATCH = 1_000_000

/** The shape of a stream, which is that of a list, and how many rows it reads at once. */
export function stream(model: ModelMeta, query: unknown, values: Values): { shape: string; batch: number } {
  const { batch = BATCH, ...given } = options(model, 'stream', query, STREAM)
  if (!(Number.isSafeInteger(batch) && (batch as number) >= 1 && (batch as number) <= LONGEST_BATCH)) {
    const expected = `a whole number from 1 to ${LONGEST_BATCH}`
    throw queryError(`${model.name}.stream: batch must be ${expected}, found ${shown(batch)}.`, model)
  }
  return { shape: list(model, 'stream', given, values), batch: batch as number }
}

/** The shape of a get: the row with this key. */
export function get(model: ModelMeta, id: unknown, opts: unknown, values: Values): string {
  const given = options(model, 'get', opts, ['select', 'include', ...LIMITS])
  const where = key(model, 'get', id, values)
  return `{"op":"list","model":${JSON.stringify(model.name)},"where":${where}${part(model, 'get', given, values)}}`
}

/** The part of a list that includes and pages have too. */
export function part(model: ModelMeta, call: string, given: Fields, values: Values, level = 0): string {
  let json = ''
  if ('where' in given) json += `,"where":${where(model, given.where, values)}`
  if (given.orderBy !== undefined) json += `,"orderBy":${orderJson(orderParts(model, call, given.orderBy), values)}`
  if (given.select !== undefined) json += `,"select":${select(model, call, given.select)}`
  json += range(model, call, given, values)
  if (given.include !== undefined) json += include(model, call, given.include, values, level + 1)
  return json
}

/** `limit` and `offset`, where they are given. */
export function range(model: ModelMeta, call: string, given: Fields, values: Values): string {
  let json = ''
  for (const name of ['limit', 'offset'] as const) {
    if (given[name] === undefined) continue
    if (!(Number.isSafeInteger(given[name]) && (given[name] as number) >= 0)) {
      throw queryError(
        `${model.name}.${call}: ${name} must be a whole number from 0, found ${shown(given[name])}.`,
        model,
      )
    }
    json += `,"${name}":true`
    values.push(given[name] as number)
  }
  return json
}

function include(model: ModelMeta, call: string, given: unknown, values: Values, level: number): string {
  if (!isFields(given))
    throw queryError(`${model.name}.${call}: include must be an object, found ${shown(given)}.`, model)
  if (level > MAX_INCLUDES)
    throw queryError(`${model.name}: relations are included more than ${MAX_INCLUDES} levels deep.`, model)
  const parts: string[] = []
  for (const name of Object.keys(given)) {
    if (name === '_count') continue
    const relation = relationOf(model, name)
    const args = given[name]
    if (args === undefined || args === false) continue
    const label = `${call}.${name}`
    const inner =
      args === true ? '' : part(relation.target, label, options(relation.target, label, args, RELATED), values, level)
    parts.push(`[${JSON.stringify(name)},{${inner.slice(1)}}]`)
  }
  // The core reads the values of what is counted behind those of what is included.
  const counted = given._count === undefined ? '' : counts(model, `${call}._count`, given._count, values)
  return `,"include":[${parts.join(',')}]${counted}`
}

/** The relations that are counted, each whole or with a filter. */
function counts(model: ModelMeta, call: string, given: unknown, values: Values): string {
  if (!isFields(given))
    throw queryError(`${model.name}.${call} must be an object of relations, found ${shown(given)}.`, model)
  const parts: string[] = []
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
    const filtered = args === true ? {} : options(target, label, args, ['where'])
    const filter = 'where' in filtered ? where(target, filtered.where, values) : '[]'
    parts.push(`[${JSON.stringify(name)},${filter}]`)
  }
  return parts.length ? `,"counts":[${parts.join(',')}]` : ''
}

function relationOf(model: ModelMeta, name: string): RelationMeta {
  const relation = model.relations.get(name)
  if (relation) return relation
  const names = [...model.relations.keys()]
  throw new PlinthError('UNKNOWN_RELATION', `There is no relation "${name}" in ${model.name}.`, {
    table: model.table,
    hint: names.length
      ? `The relations are: ${names.join(', ')}.`
      : `${model.name} has no relations; declare them in the second argument of schema().`,
  })
}

function select(model: ModelMeta, call: string, given: unknown): string {
  if (!Array.isArray(given) || given.length === 0) {
    throw queryError(
      `${model.name}.${call}: select must name at least one column.`,
      model,
      'Leave select out for all columns that are not private.',
    )
  }
  return JSON.stringify([...new Set(named(model, `${call}: select`, given).map(column => column.property))])
}

/** The columns that a list names. */
export function named(model: ModelMeta, place: string, names: readonly unknown[]): ColumnMeta[] {
  return Array.from(names, name => {
    if (typeof name === 'string') return columnOf(model, name)
    throw queryError(`${model.name}.${place} holds names of columns, found ${shown(name)}.`, model)
  })
}

/** What the rows of a call with `where` or `all: true` are; an error where neither is said. */
export function many(model: ModelMeta, call: string, query: unknown, values: Values): string {
  const given = options(model, call, query, ['where', 'all', ...LIMITS])
  if (given.all === true && !('where' in given)) return '[]'
  const required = () =>
    new PlinthError('WHERE_REQUIRED', `${model.name}.${call} needs a where.`, {
      table: model.table,
      hint: 'Say { all: true } to mean every row.',
    })
  if (given.all !== undefined || !('where' in given)) throw required()
  const filter = where(model, given.where, values)
  if (alwaysTrue(model, given.where as Fields)) throw required()
  return filter
}

/** The filter of a primary key; checks its shape. */
export function key(model: ModelMeta, call: string, id: unknown, values: Values): string {
  const first = model.key[0] as ColumnMeta
  if (model.key.length === 1) {
    if (id === null || id === undefined)
      throw invalid(first, 'a key', id, `Pass the value of ${first.property} to ${call}().`)
    values.push(compared(first, id))
    return `[[${JSON.stringify(first.property)},"key"]]`
  }
  const names = model.key.map(c => c.property)
  const example = `{ ${names.map(n => `${n}: ...`).join(', ')} }`
  if (!isFields(id) || Object.keys(id).length !== names.length || !names.every(n => Object.hasOwn(id, n))) {
    throw queryError(
      `${model.name}.${call}: the key has ${names.length} columns, expected ${example}, found ${shown(id)}.`,
      model,
    )
  }
  for (const column of model.key) {
    const value = id[column.property]
    values.push(value === null || value === undefined ? ready(column, value) : compared(column, value))
  }
  return `[${names.map(n => `[${JSON.stringify(n)},"key"]`).join(',')}]`
}
