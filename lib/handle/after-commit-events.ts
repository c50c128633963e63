/** The events of hooks: copies of rows, since a caller may change the rows that it got. */

import type { ModelMeta } from '../models/metadata.js'
import type { AfterCommitEvent } from '../types/index.js'

type RowsEvent = Extract<AfterCommitEvent, { readonly rows: unknown }>
type ChangesEvent = Extract<AfterCommitEvent, { readonly changes: number }>

/** The rows that a call has written; undefined if there are none. */
export function rowsEvent(call: RowsEvent['call'], rows: readonly object[]): AfterCommitEvent | undefined {
  return rows.length === 0 ? undefined : { call, rows: rows.map(row => ({ ...row })) }
}

/** How many rows a call has changed, and which; undefined if there are none. */
export function changesEvent(call: ChangesEvent['call'], where: object, changes: number): AfterCommitEvent | undefined {
  return changes === 0 ? undefined : { call, where, changes }
}

/** The condition of updateMany and deleteMany, whose options were checked. */
export const whereOf = (options: unknown): object => ({ ...(options as { where?: object }).where })

/** A key as the columns that it names. */
export function keyOf(model: ModelMeta, id: unknown): object {
  const [only, ...more] = model.key
  if (only && more.length === 0) return { [only.property]: id }
  return Object.fromEntries(model.key.map(({ property }) => [property, (id as Record<string, unknown>)[property]]))
}
