/** The queries that write. */

import { isFields } from '../base/check-options.js'
import { shown } from '../base/shown.js'
import { present, ready } from '../bridge/check-value.js'
import { queryError } from '../bridge/model-options.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'
import { QueryWriter } from './query-writer.js'
import { writeKey, writeMany } from './select.js'

/** The query of an insert or an upsert. Its first parameters are the values of these columns, which an encoder puts. */
export function insertQuery(
  op: 'insert' | 'insertNew' | 'upsert',
  model: ModelMeta,
  columns: readonly ColumnMeta[],
): QueryWriter {
  const query = new QueryWriter(op, model)
  query.entry(`"columns":${JSON.stringify(columns.map(column => column.property))}`)
  return query
}

/** The query of an insert that leaves out rows whose values in these columns exist; none: in those of any unique key. */
export function insertNewQuery(model: ModelMeta, columns: readonly ColumnMeta[], on: readonly string[]): QueryWriter {
  const query = insertQuery('insertNew', model, columns)
  query.entry(`"on":${JSON.stringify(on)}`)
  return query
}

/** The query of a delete of the row with a key. */
export function deleteQuery(model: ModelMeta, id: unknown): QueryWriter {
  const query = new QueryWriter('delete', model)
  writeKey(query, model, 'delete', id)
  return query
}

/** The query of a delete of many rows, and whether it gives them. */
export function deleteManyQuery(model: ModelMeta, asked: unknown): { query: QueryWriter; returning: boolean } {
  const query = new QueryWriter('delete', model)
  return { query, returning: writeMany(query, model, 'deleteMany', asked) }
}

/** Writes what an update sets, and gives the columns: those of the values, and those that every update touches. */
export function writeSet(query: QueryWriter, model: ModelMeta, call: string, values: unknown): ColumnMeta[] {
  if (!isFields(values))
    throw queryError(
      `${model.name}.${call}: expected an object of columns, found ${shown(values)}.`,
      model,
      `Pass the columns after ${call === 'updateMany' ? 'the options: updateMany({ where }' : `the key: ${call}(id`}, { ... }).`,
    )
  for (const name in values) columnOf(model, name)
  const columns: ColumnMeta[] = []
  query.open('"set":[')
  for (const column of model.columns) {
    const value = Object.hasOwn(values, column.property) ? values[column.property] : undefined
    if (value === undefined) continue
    columns.push(column)
    query.bind(column.quoted, ready(column, value))
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
  query.close(']')
  return columns
}
