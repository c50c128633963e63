/** The queries that write. */

import { isFields } from '../base/check-options.js'
import type { ColumnMeta, ModelMeta } from '../models/metadata.js'
import { QueryWriter } from './query-writer.js'
import { writeMany } from './select.js'
import type { Target } from './target.js'

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

/**
 * The query of an updateMany without values, and whether it gives the rows: it changes nothing, and
 * reads the rows that it is about, or their number.
 */
export function unchangedQuery(model: ModelMeta, asked: unknown): { query: QueryWriter; returning: boolean } {
  const query = new QueryWriter(isFields(asked) && asked.returning === true ? 'list' : 'count', model)
  return { query, returning: writeMany(query, model, 'updateMany', asked) }
}

/** The query of a delete of one row. */
export function deleteQuery(model: ModelMeta, target: Target): QueryWriter {
  const query = new QueryWriter('delete', model)
  target.write(query)
  return query
}

/** The query of a delete of many rows, and whether it gives them. */
export function deleteManyQuery(model: ModelMeta, asked: unknown): { query: QueryWriter; returning: boolean } {
  const query = new QueryWriter('delete', model)
  return { query, returning: writeMany(query, model, 'deleteMany', asked) }
}
