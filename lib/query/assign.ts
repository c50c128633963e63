/** The assignments of an update: values, atomic changes, the moment of a touched column, the next version. */

import { AtomicChange, isAtomic } from '../base/atomic.js'
import { isFields } from '../base/check-options.js'
import { isJsonNull } from '../base/json-null.js'
import { shown } from '../base/shown.js'
import { counted, invalid, json, present, ready } from '../bridge/check-value.js'
import type { Ready } from '../bridge/memory.js'
import { queryError } from '../bridge/model-options.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import type { QueryWriter } from './query-writer.js'

/** The assignments of an update. */
export interface Assigned {
  /** The columns whose values are bound, in the order of the parameters: those given, and those that every update touches. */
  readonly columns: readonly ColumnMeta[]
  /** Those that get an atomic change, and the version; undefined if there are none. */
  readonly changes: ReadonlyMap<ColumnMeta, AtomicChange> | undefined
}

/** The change of a version by an update, for its errors. */
const NEXT = new AtomicChange('add', 1)

/** Writes what an update sets. Throws QUERY_INVALID, UNKNOWN_COLUMN, VALUE_INVALID. */
export function writeSet(query: QueryWriter, model: ModelMeta, call: string, values: unknown): Assigned {
  if (!isFields(values))
    throw queryError(
      `${model.name}.${call}: expected an object of columns, found ${shown(values)}.`,
      model,
      `Pass the columns after ${call === 'updateMany' ? 'the options: updateMany({ where }' : `the key: ${call}(id`}, { ... }).`,
    )
  for (const name in values) columnOf(model, name)
  const columns: ColumnMeta[] = []
  let changes: Map<ColumnMeta, AtomicChange> | undefined
  query.open('"set":[')
  for (const column of model.columns) {
    const value = Object.hasOwn(values, column.property) ? values[column.property] : undefined
    if (value === undefined) continue
    if (column.version) throw counted(column, value)
    columns.push(column)
    if (isAtomic(value)) {
      query.bind(`[${column.quoted},"${value.change}"]`, changed(column, value))
      changes ??= new Map()
      changes.set(column, value)
    } else query.bind(column.quoted, ready(column, value))
  }
  if (columns.length > 0 || call !== 'updateMany') {
    for (const column of model.touched) {
      if (columns.includes(column)) continue
      const now = new Date()
      columns.push(column)
      const touched = present(column, column.kind === 'date' ? now.toISOString().slice(0, 10) : now)
      query.bind(column.quoted, touched)
    }
  }
  // It binds no value, and so comes last.
  if (model.version && columns.length > 0) {
    query.entry(`[${model.version.quoted},"next"]`)
    changes ??= new Map()
    changes.set(model.version, NEXT)
  }
  query.close(']')
  // Of their own length: a list that grew has 17 places, which a call that waits would hold.
  return { columns: columns.slice(), changes }
}

/** Kinds of column that numbers are added to. */
const NUMBERS = ['id', 'bigId', 'integer', 'bigint', 'int32', 'real', 'decimal']

/** The value that an atomic change binds. Throws VALUE_INVALID. */
function changed(column: ColumnMeta, { change, given }: AtomicChange): Ready {
  const path = `${column.model.name}.${column.property}`
  const fits = change === 'add' ? NUMBERS.includes(column.kind) : column.kind === 'json'
  if (!fits) {
    const what = change === 'add' ? 'numbers and decimals' : 'JSON'
    throw queryError(`${path}: ${change}() is for ${what}.`, column.model, 'Pass the value itself.', [column.property])
  }
  if (change === 'add') return present(column, given)
  if (change === 'append') return json(column, [given])
  if (!isFields(given) || isJsonNull(given)) throw invalid(column, 'a plain object for merge()', given)
  return json(column, given)
}
