/** The queries that write, as JSON, and the values that an update sets. */

import { shown } from '../base/shown.js'
import { isFields, queryError } from '../bridge/check-options.js'
import { present, ready } from '../bridge/check-value.js'
import type { Values } from '../bridge/request.js'
import { type ColumnMeta, columnOf, type ModelMeta } from '../models/metadata.js'

/** The query of an insert; `more` goes behind it. */
export function insertQuery(op: string, model: ModelMeta, columns: readonly ColumnMeta[], more = ''): string {
  return `{"op":"${op}","model":${JSON.stringify(model.name)},"columns":${JSON.stringify(columns.map(c => c.property))}${more}}`
}

/** The query of an update; `filter` is the JSON of its `where`, `returning` whether it gives the row. */
export function updateQuery(
  model: ModelMeta,
  columns: readonly ColumnMeta[],
  filter: string,
  returning: boolean,
): string {
  const set = JSON.stringify(columns.map(c => c.property))
  return `{"op":"update","model":${JSON.stringify(model.name)},"set":${set},"returning":${returning},"where":${filter}}`
}

/** The query of a delete. */
export function deleteQuery(model: ModelMeta, filter: string): string {
  return `{"op":"delete","model":${JSON.stringify(model.name)},"where":${filter}}`
}

/** The columns that an update sets, those touched by every update among them; their values go to `set`. */
export function changed(model: ModelMeta, call: string, values: unknown, set: Values): ColumnMeta[] {
  if (!isFields(values))
    throw queryError(`${model.name}.${call}: expected an object of columns, found ${shown(values)}.`, model)
  for (const name in values) columnOf(model, name)
  const columns: ColumnMeta[] = []
  for (const column of model.columns) {
    const value = Object.hasOwn(values, column.property) ? values[column.property] : undefined
    if (value === undefined) continue
    columns.push(column)
    set.push(ready(column, value))
  }
  if (columns.length === 0 && call === 'updateMany') return columns
  for (const column of model.touched) {
    if (columns.includes(column)) continue
    const now = new Date()
    columns.push(column)
    set.push(present(column, column.kind === 'date' ? now.toISOString().slice(0, 10) : now))
  }
  return columns
}
